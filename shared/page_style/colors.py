"""The colours of a city's pages, derived from the city's own colour."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

WHITE = "#ffffff"
DARK_SHEET = "#1a2328"  # ground of fields and boxes in the dark scheme, as in `pages.css`


def colors(brand: str, *, dark: bool) -> Mapping[str, str]:
    """Return the custom properties of the light or dark scheme, as ``#rrggbb``."""
    return {
        "brand": brand,
        "link": _mixed(brand, WHITE, 0.4) if dark else brand,
        "tint": _mixed(brand, DARK_SHEET, 0.25) if dark else _mixed(brand, WHITE, 0.1),
    }


def color_style(brand: str) -> str:
    """Return the style sheet of a city's colours."""
    light, dark = (_rule(colors(brand, dark=dark)) for dark in (False, True))
    return f"{light}@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def _rule(properties: Mapping[str, str]) -> str:
    body = " ".join(f"--{name}: {color};" for name, color in properties.items())
    return f":root {{ {body} }}\n"


_SHEET = Path(__file__).with_name("pages.css")


@cache
def style_sheet(brand: str) -> str:
    """Return the style sheet of a city's pages."""
    return color_style(brand) + _SHEET.read_text()
