"""Residents' pages of a city: title, colour, and the sites that may frame their form."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.catalogue.field_types import Entry, LocalTextEntry
from shared.catalogue.texts import LocalText

_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
_COLOR = re.compile(r"#[0-9a-f]{6}")

# Contrast with white; on the pages' tints it is then 4.5 at least, as WCAG 2.1 AA asks.
_LEAST_CONTRAST = 5.5

_LINEAR_BELOW = 0.04045


def luminance(color: str) -> float:
    """Return the relative luminance of a colour such as ``#0b5a6b``, 0 to 1, as WCAG defines it."""
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _linear(share: float) -> float:
    if share <= _LINEAR_BELOW:
        return share / 12.92
    return float(((share + 0.055) / 1.055) ** 2.4)


def _brand(color: str) -> str:
    if not _COLOR.fullmatch(color):
        raise ValueError("write a colour as '#0b5a6b', in small letters and in quotes")
    found = contrast(color, "#ffffff")
    if found < _LEAST_CONTRAST:
        raise ValueError(
            f"white text on this colour has a contrast of {found:.1f}: choose a darker one, with "
            f"{_LEAST_CONTRAST} or more"
        )
    return color


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise ValueError("write an origin such as https://www.example.org, without a path")
    return text


class CityPagesEntry(Entry):
    """The part ``pages`` of ``jurisdiction.yaml``."""

    title: LocalTextEntry
    color: Annotated[str, AfterValidator(_brand)] = Field(default="#0b5a6b")
    framed_by: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()


@dataclass(frozen=True, slots=True)
class CityPages:
    """Name and colour, as ``#rrggbb``, of the residents' pages of a city.

    Attributes:
        framed_by: Origins of the sites that may show the form in a frame.
    """

    title: LocalText
    color: str
    framed_by: tuple[str, ...] = ()
