"""Draws the curve of recall against the share of flagged requests."""

from collections.abc import Iterable
from html import escape
from math import ceil

from workbench.evaluation.measures import EvaluationResult

_SVG = "http://www.w3.org/2000/svg"
_FONT = 'font-family="sans-serif" font-size="12"'
_WIDTH, _HEIGHT, _MARGIN = 640, 440, 60
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between the figures on an axis
_MOST_TICKS = 8


def draw(result: EvaluationResult) -> str:
    """Return an SVG document: recall on the y axis, the share of flagged requests on the x axis."""
    curve = [(step.flagged_share, step.recall or 0.0) for step in result.curve]
    most = max((flagged for flagged, _ in curve), default=0.0)
    step = next(step for step in _STEPS if most / step <= _MOST_TICKS)
    widest = max(1, ceil(most / step)) * step
    points = [(_across(flagged / widest), _up(recall)) for flagged, recall in curve]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f6feb"/>' for x, y in points)
    parts = [
        f'<svg xmlns="{_SVG}" width="{_WIDTH}" height="{_HEIGHT}" {_FONT}>',
        '<rect width="100%" height="100%" fill="white"/>',
        *_axes(widest, step),
        f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="2"/>',
        *marks,
        *_in_use(result, widest),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _across(part: float) -> float:
    return _MARGIN + part * (_WIDTH - 2 * _MARGIN)


def _up(part: float) -> float:
    return _HEIGHT - _MARGIN - part * (_HEIGHT - 2 * _MARGIN)


def _axes(widest: float, step: float) -> Iterable[str]:
    for fifth in range(6):
        y = _up(fifth / 5)
        yield f'<path d="M{_across(0)},{y:.1f}H{_across(1)}" stroke="#ddd"/>'
        yield _text(_MARGIN - 8, y + 4, f"{fifth / 5:.0%}", "end")
    for tick in range(round(widest / step) + 1):
        x = _across(tick * step / widest)
        yield f'<path d="M{x:.1f},{_up(0)}V{_up(1)}" stroke="#eee"/>'
        yield _text(x, _HEIGHT - _MARGIN + 18, f"{tick * step:.0%}", "middle")
    yield _text(_WIDTH / 2, _HEIGHT - 18, "requests flagged as duplicate or possible duplicate")
    yield _text(_WIDTH / 2, 30, "labelled duplicates that were flagged")


def _in_use(result: EvaluationResult, widest: float) -> Iterable[str]:
    """Mark the flagged share and the recall of the rules in use."""
    flagged, recall = result.whole.flagged_share, result.whole.recall
    if flagged is None or recall is None:
        return
    x, y = _across(flagged / widest), _up(recall)
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#d1242f" stroke-width="2"/>'
    yield _text(x, y + 44, f"in use: {recall:.1%} at {flagged:.1%}", "end")


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
