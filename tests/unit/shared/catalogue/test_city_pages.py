"""Colours of the pages, on which white can be read, and the sites that may frame the form."""

import pytest
from pydantic import ValidationError

from shared.catalogue.city_pages import CityPagesEntry, contrast
from shared.catalogue.field_types import LocalTextEntry

TITLE = LocalTextEntry(en="Town 311", es="Town 311")


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("color", ["#0b5a6b", "#7a1f2b", "#000000"])
def test_a_dark_colour_is_taken(color: str) -> None:
    assert CityPagesEntry(title=TITLE, color=color).color == color


@pytest.mark.parametrize(
    ("color", "reason"),
    [("#777777", "contrast of 4.5"), ("teal", "write a colour as"), ("#0B5A6B", "small letters")],
)
def test_another_is_refused_with_what_to_do(color: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        CityPagesEntry(title=TITLE, color=color)


@pytest.mark.parametrize("origin", ["https://www.example.org", "https://a.example:8443"])
def test_sites_that_may_frame_the_form_are_origins(origin: str) -> None:
    assert CityPagesEntry(title=TITLE, framed_by=(origin,)).framed_by == (origin,)


@pytest.mark.parametrize(
    "text", ["*", "http://a.example", "https://a.example/x", "https://a.example; script-src *", ""]
)
def test_anything_else_may_not(text: str) -> None:
    with pytest.raises(ValidationError, match="write an origin"):
        CityPagesEntry(title=TITLE, framed_by=(text,))
