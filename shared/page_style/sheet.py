"""The style sheet of residents' pages."""

from functools import cache
from pathlib import Path

from shared.page_style.colors import color_style

_SHEET = Path(__file__).with_name("pages.css")


@cache
def style_sheet(brand: str) -> str:
    """Return the style sheet of a city's pages.

    Args:
        brand: The city's colour, as ``colors`` takes it.
    """
    return color_style(brand) + _SHEET.read_text()
