import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.intake.identifiers import (
    ALPHABET,
    BASE,
    CAPACITY,
    read_tracking_number,
    tracking_number,
)

GIVEN_BEFORE = ("26-HPJR-RE", "26-W3PP-VJ", "25-MTVN-H3", "26-0HPJ-RR5", "26-X3HP-JRRQ")

serials = st.integers(0, CAPACITY - 1)
years = st.integers(2000, 2150)
numbers = st.builds(tracking_number, serials, years) | st.sampled_from(GIVEN_BEFORE)


def symbols_of(number: str) -> str:
    return number.replace("-", "")


@given(serials)
def test_a_number_is_a_year_and_two_groups(serial: int) -> None:
    year, first, second = tracking_number(serial, 2026).split("-")

    assert (year, len(first), len(second)) == ("26", 4, 6)


def test_no_symbol_can_be_mistaken_for_another() -> None:
    assert BASE == 29
    assert not set("BGILOSZ") & set(ALPHABET)


def test_there_are_more_than_40_bits_of_numbers_in_a_year() -> None:
    assert CAPACITY > 2**43


@given(serials, serials, years)
def test_two_serial_numbers_never_share_a_tracking_number(one: int, other: int, year: int) -> None:
    assume(one != other)

    assert tracking_number(one, year) != tracking_number(other, year)


@pytest.mark.parametrize("number", GIVEN_BEFORE)
def test_a_number_that_was_given_before_is_still_read(number: str) -> None:
    assert read_tracking_number(number) == number


@given(numbers)
def test_a_number_is_read_as_it_was_written(number: str) -> None:
    assert read_tracking_number(number) == number


@given(numbers)
def test_case_dashes_and_blanks_do_not_matter(number: str) -> None:
    assert read_tracking_number(number.lower()) == number
    assert read_tracking_number(symbols_of(number)) == number
    assert read_tracking_number(f"  {number.replace('-', ' ')}\t") == number
    assert read_tracking_number(number.replace("-", "\u2013")) == number


@given(numbers, st.data())
def test_one_wrong_symbol_is_always_found_out(number: str, data: st.DataObject) -> None:
    symbols = symbols_of(number)
    place = data.draw(st.integers(0, len(symbols) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET).filter(lambda symbol: symbol != symbols[place]))

    assert read_tracking_number(symbols[:place] + wrong + symbols[place + 1 :]) is None


@given(numbers, st.data())
def test_two_neighbours_swapped_are_always_found_out(number: str, data: st.DataObject) -> None:
    symbols = symbols_of(number)
    place = data.draw(st.integers(0, len(symbols) - 2))
    assume(symbols[place] != symbols[place + 1])
    swapped = symbols[:place] + symbols[place + 1] + symbols[place] + symbols[place + 2 :]

    assert read_tracking_number(swapped) is None


def test_a_letter_that_is_never_used_is_read_as_the_digit_it_looks_like() -> None:
    looks_like = {"8": "B", "6": "G", "1": "l", "0": "o", "5": "S", "2": "z"}
    for serial in range(200):
        number = tracking_number(serial * 7_654_321_987, 2015)
        misread = "".join(looks_like.get(symbol, symbol) for symbol in number)
        assert read_tracking_number(misread) == number


@given(st.text(max_size=40))
def test_any_text_is_a_number_of_ours_or_mistyped(text: str) -> None:
    number = read_tracking_number(text)

    assert number is None or read_tracking_number(number) == number
