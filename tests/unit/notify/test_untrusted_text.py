from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.rendering.renderer import greeting_name, one_line, safe_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param("two\r\nlines\tand more ", "two lines and more", id="blanks of all kinds"),
        pytest.param("one\u2028two\u2029three\x85four", "one two three four", id="line ends"),
        pytest.param("evil\u202egpj.exe\u202c", "evilgpj.exe", id="bidi override"),
        pytest.param("a\u2066b\u2069\u200fc\u061cd", "abcd", id="bidi isolates and marks"),
        pytest.param("bell\x07, zero\x00, del\x7f", "bell, zero, del", id="control characters"),
        pytest.param("soft\u00adhyphen\ufefftag\U000e0041", "softhyphentag", id="invisible"),
        pytest.param("half\ud800", "half", id="lone surrogate"),
        pytest.param("Cafe\u0301", "Café", id="composed"),
        pytest.param("\u0645\u06cc\u200c", "\u0645\u06cc\u200c", id="joiners of letters"),
        pytest.param("<b>{{ 7 * 7 }}</b>", "<b>{{ 7 * 7 }}</b>", id="markup stays text"),
    ],
)
def test_text_of_others_becomes_one_visible_line(text: str | None, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text())
def test_one_line_holds_nothing_that_ends_a_line_or_turns_it_round(text: str) -> None:
    line = one_line(text)

    assert len(line.splitlines()) <= 1
    assert {category(c) for c in line} & {"Cc", "Cs", "Zl", "Zp"} == set()
    assert one_line(line) == line


@pytest.mark.parametrize(
    "name", ["Ana", "Ana María Núñez-O'Neil, Jr.", "J. R. Smith", "李小龙", "Олена", "محمد"]
)
def test_people_are_greeted_by_their_name(name: str) -> None:
    assert greeting_name(f" {name}\n") == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(None, id="none"),
        pytest.param("  ", id="blank"),
        pytest.param("...", id="no letter"),
        pytest.param("you won at evil.com", id="a host name"),
        pytest.param("see http://evil", id="a link"),
        pytest.param("Ana ana@evil.org", id="an address"),
        pytest.param("call 503 555 0100", id="a number"),
        pytest.param("{{ config }}", id="template syntax"),
        pytest.param("<b>Ana</b>", id="markup"),
        pytest.param("WIN!!!", id="an advertisement"),
        pytest.param("A" * 61, id="too long"),
    ],
)
def test_what_is_no_plain_name_is_left_out(name: str | None) -> None:
    assert greeting_name(name) is None


def test_a_name_of_sixty_letters_is_a_name() -> None:
    assert greeting_name("A" * 60) == "A" * 60


@pytest.mark.parametrize(
    "address", ["1221 SW 4th Ave", "N Lombard St & N Denver", "4ª calle #12", "A" * 120]
)
def test_a_place_is_shown_as_it_was_put(address: str) -> None:
    assert safe_address(f"{address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        " ",
        "1 Main St https://evil.example",
        "1 Main St www.evil",
        "1 Main St evil.example/now",
        "1 Main St, write to me@evil",
        "A" * 121,
    ],
)
def test_a_place_that_carries_a_link_or_a_letter_is_left_out(address: str | None) -> None:
    assert safe_address(address) is None
