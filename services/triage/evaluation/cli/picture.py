"""The curve of recall against the share flagged, as a picture."""

from collections.abc import Iterable
from html import escape

from services.triage.evaluation.measures import Outcome

_SVG = "http://www.w3.org/2000/svg"
_FONT = 'font-family="sans-serif" font-size="12"'
_WIDTH, _HEIGHT, _MARGIN = 640, 440, 60
_TICKS = 5
_WIDEST = 0.05  # a curve without any flags still has an axis


def draw(outcome: Outcome) -> str:
    """Return an SVG document: recall upwards, the share of all requests flagged to the right."""
    curve = [(step.flagged_share, step.recall or 0.0) for step in outcome.curve]
    widest = max(_WIDEST, *(flagged for flagged, _ in curve))
    points = [(_across(flagged / widest), _up(recall)) for flagged, recall in curve]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f6feb"/>' for x, y in points)
    parts = [
        f'<svg xmlns="{_SVG}" width="{_WIDTH}" height="{_HEIGHT}" {_FONT}>',
        '<rect width="100%" height="100%" fill="white"/>',
        *_axes(widest),
        f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="2"/>',
        *marks,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _across(part: float) -> float:
    return _MARGIN + part * (_WIDTH - 2 * _MARGIN)


def _up(part: float) -> float:
    return _HEIGHT - _MARGIN - part * (_HEIGHT - 2 * _MARGIN)


def _axes(widest: float) -> Iterable[str]:
    for tick in range(_TICKS + 1):
        part = tick / _TICKS
        y, x = _up(part), _across(part)
        yield f'<path d="M{_across(0)},{y:.1f}H{_across(1)}" stroke="#ddd"/>'
        yield _text(_MARGIN - 8, y + 4, f"{part:.0%}", "end")
        yield _text(x, _HEIGHT - _MARGIN + 18, f"{part * widest:.1%}", "middle")
    yield _text(_WIDTH / 2, _HEIGHT - 18, "requests flagged as duplicate or possible duplicate")
    yield _text(_WIDTH / 2, 30, "labelled duplicates that were flagged")


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
