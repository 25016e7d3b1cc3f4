"""Public ids, and tracking numbers in texts for everybody."""

from hypothesis import given
from hypothesis import strategies as st

from services.intake.identifiers import (
    CAPACITY,
    numbers_in,
    public_id,
    read_public_id,
    read_tracking_number,
    tracking_number,
    without_numbers,
)
from shared.redaction import REMOVED

SERIALS = st.integers(0, CAPACITY - 1)


@given(SERIALS, st.integers(2000, 2099))
def test_neither_name_is_ever_read_as_the_other(serial: int, year: int) -> None:
    number, public = tracking_number(serial, year), public_id(serial)

    for typed in (number, number.replace("-", ""), number.lower()):
        assert read_public_id(typed) is None
    for typed in (public, public.upper(), f" {public} "):
        assert read_tracking_number(typed) is None
    assert read_public_id(f" {public.upper()}\n") == public


@given(SERIALS, SERIALS)
def test_each_serial_number_has_its_own_id(one: int, other: int) -> None:
    assert (public_id(one) == public_id(other)) == (one == other)


def test_what_is_no_public_id_is_none() -> None:
    for typed in ("", "req_", "req_7k4m92hd", "req_7k4m92hdxx", "req-7k4m92hdx", "req_7k4m92hdo"):
        assert read_public_id(typed) is None


@given(SERIALS)
def test_a_text_for_everybody_quotes_no_tracking_number(serial: int) -> None:
    number = tracking_number(serial, 2026)

    for form in (number, number.replace("-", ""), number.lower()):
        assert without_numbers(f"As in {form}, still open") == f"As in {REMOVED}, still open"


def test_other_words_and_numbers_stay() -> None:
    text = "12 feet wide, pole 50-1234, 2026-11-24, call 311 at 26th"

    assert without_numbers(text) == text


def test_the_last_part_of_a_uuid_is_no_number_though_its_sum_is_right() -> None:
    assert read_tracking_number("27be798345fd")
    text = "Reference: 01a230db-5b30-747f-9c08-27be798345fd"

    assert without_numbers(text) == text
    assert not list(numbers_in(text))
