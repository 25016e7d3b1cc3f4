from hypothesis import assume, given
from hypothesis import strategies as st

from services.intake.rules.tracking_number import (
    ALPHABET,
    BASE,
    read_tracking_number,
    tracking_number,
)

ROOM_OF_FIVE = BASE**5
serials = st.integers(0, ROOM_OF_FIVE * 40)
years = st.integers(2000, 2150)
numbers = st.builds(tracking_number, serials, years)


def symbols_of(number: str) -> str:
    return number.replace("-", "")


def test_a_number_is_a_year_and_two_groups() -> None:
    number = tracking_number(0, 2026)

    year, first, second = number.split("-")
    assert (year, len(first), len(second)) == ("26", 4, 2)


def test_no_symbol_can_be_mistaken_for_another() -> None:
    assert BASE == 29
    assert not set("BGILOSZ") & set(ALPHABET)


@given(serials, serials, years)
def test_two_requests_never_share_a_number(one: int, other: int, year: int) -> None:
    assume(one != other)

    assert tracking_number(one, year) != tracking_number(other, year)


def test_the_serials_of_one_length_use_up_all_numbers_of_that_length() -> None:
    assert len({tracking_number(serial, 2026) for serial in range(0, ROOM_OF_FIVE, 997)}) == len(
        range(0, ROOM_OF_FIVE, 997)
    )
    assert len(symbols_of(tracking_number(ROOM_OF_FIVE - 1, 2026))) == 8
    assert len(symbols_of(tracking_number(ROOM_OF_FIVE, 2026))) == 9


def test_neighbouring_requests_have_numbers_that_look_unlike() -> None:
    first, second = (symbols_of(tracking_number(serial, 2026)) for serial in (7, 8))

    assert sum(a != b for a, b in zip(first[2:7], second[2:7], strict=True)) >= 4


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
        number = tracking_number(serial, 2015)
        misread = "".join(looks_like.get(symbol, symbol) for symbol in number)
        assert read_tracking_number(misread) == number


@given(st.text(max_size=40))
def test_any_text_is_a_number_of_ours_or_mistyped(text: str) -> None:
    number = read_tracking_number(text)

    assert number is None or read_tracking_number(number) == number
