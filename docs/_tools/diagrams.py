"""Diagrams of the docs as SVG: boxes, arrows and labels at fixed positions.

``python -m docs._tools.diagrams`` writes them into ``docs/images``. They follow the reader's light
or dark colors.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import NamedTuple

IMAGES = Path(__file__).parents[1] / "images"
_WIDTH, _HEIGHT = 132, 48
# size of a box in px
_HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0 8 4 0 8Z" style="marker-end:none"/></marker></defs>'
)
_STYLE = """
  text{font:13px system-ui,sans-serif;fill:#1b1f24;text-anchor:middle}
  .small{font-size:11px;fill:#57606a} .service{font-weight:600}
  rect{fill:#f6f8fa;stroke:#57606a;rx:8} .core{fill:#dbe9ff;stroke:#2f6fdb}
  path{stroke:#57606a;fill:none;stroke-width:1.4;marker-end:url(#head)} marker path{fill:#57606a}
  @media (prefers-color-scheme:dark){
    text{fill:#e6edf3} .small{fill:#9ea7b3} rect{fill:#161b22;stroke:#8b949e}
    .core{fill:#12305c;stroke:#6ea8ff} path{stroke:#9ea7b3} marker path{fill:#9ea7b3}}
"""


class Box(NamedTuple):
    """A box with its center in px."""

    name: str
    x: int
    y: int
    detail: str = ""
    is_service: bool = False


class Arrow(NamedTuple):
    """An arrow through points in px, with a label at a point."""

    points: tuple[tuple[int, int], ...]
    label: str = ""
    at: tuple[int, int] = (0, 0)


def draw(title: str, size: tuple[int, int], boxes: Iterable[Box], arrows: Iterable[Arrow]) -> str:
    """Return the SVG of a diagram."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        _HEAD,
        *map(_arrow, arrows),
        *map(_box, boxes),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _box(box: Box) -> str:
    lines = box.detail.split("\n") if box.detail else []
    height = _HEIGHT + 14 * max(0, len(lines) - 1)
    left, top = box.x - _WIDTH // 2, box.y - height // 2
    name_y = box.y + 5 if not lines else top + 20
    css = ' class="core"' if box.is_service else ""
    texts = [f'<text x="{box.x}" y="{name_y}" class="service">{escape(box.name)}</text>']
    texts += [
        f'<text x="{box.x}" y="{name_y + 15 + 14 * row}" class="small">{escape(line)}</text>'
        for row, line in enumerate(lines)
    ]
    return f'<rect x="{left}" y="{top}" width="{_WIDTH}" height="{height}"{css}/>' + "".join(texts)


def _arrow(arrow: Arrow) -> str:
    way = " L".join(f"{x} {y}" for x, y in arrow.points)
    label = ""
    if arrow.label:
        x, y = arrow.at
        label = f'<text x="{x}" y="{y}" class="small">{escape(arrow.label)}</text>'
    return f'<path d="M{way}"/>{label}'


MAP = draw(
    "Channels report to intake; triage, dispatch and notify follow; bureaus work and answer",
    (960, 290),
    [
        Box("channels", 80, 90, "web form, app, phone,\ne-mail, SMS,\nOpen311, Kafka"),
        Box(
            "intake", 280, 90, "validate, number,\nremove contact data\nfrom texts", is_service=True
        ),
        Box("triage", 480, 90, "same problem?\nhow urgent?\nwhose work?", is_service=True),
        Box("dispatch", 680, 90, "case, work orders,\ndeadlines", is_service=True),
        Box("bureaus", 880, 90, "Kafka, webhook,\nfeed, forwards"),
        Box("notify", 480, 230, "one message for each\nstep, once", is_service=True),
        Box("residents", 80, 230, "in their language"),
    ],
    [
        Arrow(((146, 80), (212, 80))),
        Arrow(((212, 102), (148, 102)), "number", (180, 118)),
        Arrow(((346, 90), (412, 90))),
        Arrow(((546, 90), (612, 90))),
        Arrow(((746, 80), (812, 80)), "work", (780, 72)),
        Arrow(((814, 102), (748, 102)), "updates", (780, 118)),
        Arrow(((280, 128), (280, 222), (412, 222)), "contacts", (346, 214)),
        Arrow(((480, 128), (480, 196))),
        Arrow(((680, 121), (680, 230), (548, 230)), "cases", (614, 222)),
        Arrow(((412, 242), (148, 242))),
    ],
)

DATA_FLOW = draw(
    "The flow of events between the services, by the number of their topic",
    (960, 420),
    [
        Box("channels", 80, 60),
        Box("intake", 280, 60, is_service=True),
        Box("triage", 480, 60, is_service=True),
        Box("dispatch", 680, 60, is_service=True),
        Box("bureaus", 880, 60),
        Box("operators", 880, 180),
        Box("notify", 280, 300, is_service=True),
        Box("surge watcher", 480, 200, is_service=True),
        Box("residents", 80, 300),
    ],
    [
        Arrow(((146, 50), (212, 50)), "1", (180, 44)),
        Arrow(((214, 72), (148, 72)), "2", (180, 88)),
        Arrow(((346, 50), (412, 50)), "3", (380, 44)),
        Arrow(((414, 72), (348, 72)), "6", (380, 88)),
        Arrow(((546, 50), (612, 50)), "6", (580, 44)),
        Arrow(((614, 72), (548, 72)), "8", (580, 88)),
        Arrow(((746, 50), (812, 50)), "9", (780, 44)),
        Arrow(((814, 72), (748, 72)), "10", (780, 88)),
        Arrow(((814, 172), (720, 172), (720, 86)), "11", (768, 164)),
        Arrow(((465, 84), (465, 174)), "13", (450, 132)),
        Arrow(((495, 176), (495, 86)), "5", (508, 132)),
        Arrow(((546, 200), (650, 200), (650, 86)), "5", (600, 192)),
        Arrow(((270, 84), (270, 274)), "4, 14", (246, 180)),
        Arrow(
            ((424, 84), (424, 130), (396, 130), (396, 222), (320, 222), (320, 274)), "6", (358, 214)
        ),
        Arrow(((690, 84), (690, 300), (348, 300)), "7", (560, 292)),
        Arrow(((672, 84), (672, 250), (296, 250), (296, 86)), "7", (560, 242)),
        Arrow(((212, 300), (148, 300))),
        Arrow(
            ((280, 324), (280, 380), (704, 380), (704, 86)), "12 (residents' feedback)", (480, 372)
        ),
    ],
)


def main() -> None:
    """Write the diagrams."""
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "map.svg").write_text(MAP)
    (IMAGES / "data-flow.svg").write_text(DATA_FLOW)


if __name__ == "__main__":
    main()
