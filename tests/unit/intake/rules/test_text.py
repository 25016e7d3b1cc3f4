import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text_matching.normalization import normalize_or_none, normalize_text


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        pytest.param("  a hole \n", "a hole", id="blanks around it go"),
        pytest.param("one\r\ntwo\rthree\n", "one\ntwo\nthree", id="every line ends alike"),
        pytest.param("a\tb", "a\tb", id="tabs stay"),
        pytest.param("a\x00b\x07c\x1b[31m\x7f\x85", "abc[31m", id="control characters go"),
        pytest.param("a\u202eb\u2067c\u2069\u202c", "abc", id="a screen's order stays its own"),
        pytest.param("\u200f\u05d0\u200e b", "\u200f\u05d0\u200e b", id="marks of direction stay"),
        pytest.param("cafe\u0301", "café", id="accents join their letters"),
        pytest.param("👩\u200d🚒 ok", "👩\u200d🚒 ok", id="joined emoji stay joined"),
        pytest.param("\x00 a \x00", "a", id="blanks that control characters hid go too"),
    ],
)
def test_text_is_tidied(text: str, tidied: str) -> None:
    assert normalize_text(text) == tidied


@given(st.text())
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    assert normalize_text(normalize_text(text)) == normalize_text(text)


@given(st.text())
def test_clean_text_is_nfc_and_has_no_control_character_but_tab_and_newline(text: str) -> None:
    tidied = normalize_text(text)

    assert unicodedata.is_normalized("NFC", tidied)
    assert not {c for c in tidied if unicodedata.category(c) == "Cc"} - {"\t", "\n"}
    assert tidied == tidied.strip()


@pytest.mark.parametrize("blank", [None, "", "  ", "\x00"])
def test_a_blank_text_is_none(blank: str | None) -> None:
    assert normalize_or_none(blank) is None


def test_a_text_that_says_something_is_kept() -> None:
    assert normalize_or_none(" 5 Main St ") == "5 Main St"
