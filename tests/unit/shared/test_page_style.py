"""Every colour that a city may choose gives pages that can be read."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.catalogue.city_pages import contrast
from shared.page_style.colors import DARK_SHEET, WHITE, color_style, colors, style_sheet

READABLE = 4.5
COLORS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@given(COLORS)
def test_texts_have_the_contrast_of_wcag_aa_in_light_and_dark(brand: str) -> None:
    assume(contrast(brand, WHITE) >= 5.5)
    for dark, sheet in ((False, WHITE), (True, DARK_SHEET)):
        made = colors(brand, dark=dark)
        assert contrast(made["brand"], WHITE) >= READABLE
        assert contrast(made["link"], sheet) >= READABLE
        assert contrast(made["link"], made["tint"]) >= READABLE


def test_the_style_sheet_has_a_rule_for_each_scheme() -> None:
    style = color_style("#0b5a6b")

    assert style.count("--brand: #0b5a6b;") == 2
    assert style.count("{") == style.count("}")


def test_what_stands_first_on_a_page_comes_first_by_keyboard() -> None:
    assert re.findall(r"(?<![\w-])order:|-reverse\b", style_sheet("#0b5a6b")) == []
