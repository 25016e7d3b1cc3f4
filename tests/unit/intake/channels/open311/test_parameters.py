"""Parameters of a call."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from services.intake.channels.open311.form import (
    Parameters,
    jurisdiction_of,
    moment_of,
    parse_urlencoded,
)
from services.intake.channels.open311.responses import Open311Error
from tests.support.intake.open311_requests import CITIES, parameters


def test_a_blank_parameter_was_not_sent() -> None:
    sent = parameters(lat="", status=" ", page="")

    assert sent.number("lat") is None
    assert sent.texts("status") == ()
    assert sent.count("page", 7) == 7


def test_a_list_with_commas_has_each_entry_once() -> None:
    assert parameters(service_code="a, b,,a").texts("service_code") == ("a", "b")


@pytest.mark.parametrize("brackets", ["attribute[A][]", quote("attribute[A][]", safe="")])
def test_attributes_come_with_plain_or_encoded_brackets(brackets: str) -> None:
    sent = Parameters.of(parse_urlencoded(f"{brackets}=x&{brackets}=y&attribute%5BB%5D=z".encode()))

    assert sent.attributes() == {"A": ["x", "y"], "B": ["z"]}


def test_a_blank_attribute_was_not_sent() -> None:
    assert Parameters.of(parse_urlencoded(b"attribute[A]=&attribute[B][]=")).attributes() == {}


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-24T08:10:00Z", 8),
        ("2026-11-24T08:10:00-08:00", 16),
        ("2026-11-24T08:10:00 02:00", 6),
        ("2026-11-24T08:10Z", 8),
        ("2026-11-24T08:10:00.123Z", 8),
    ],
)
def test_a_moment_has_an_offset(text: str, hour: int) -> None:
    moment = moment_of(text)

    assert moment is not None
    assert (moment.hour, moment.tzinfo) == (hour, UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-24", "2026-11-24T08:10:00", "2026-13-24T08:10:00Z", "yesterday", "20261124T081000Z"],
)
def test_what_has_no_offset_is_no_moment(text: str) -> None:
    assert moment_of(text) is None
    with pytest.raises(Open311Error) as raised:
        parameters(start_date=text).moment("start_date")
    assert raised.value.descriptions[0].startswith("start_date: write a moment with its offset")


def test_a_moment_outside_of_all_times_is_the_nearest_one_inside() -> None:
    assert moment_of("0001-01-01T00:00:00+14:00") is None
    assert moment_of("9998-01-01T00:00:00Z") == datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "1,5"])
def test_a_number_is_finite(text: str) -> None:
    with pytest.raises(Open311Error, match="400"):
        parameters(lat=text).number("lat")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "\u0663", "9999999999"])
def test_a_count_begins_at_one(text: str) -> None:
    with pytest.raises(Open311Error):
        parameters(page=text).count("page", 1)


@pytest.mark.parametrize("body", [b"a=%ff", b"\xff", b"&".join([b"a=1"] * 501)])
def test_a_form_is_utf8_with_few_fields(body: bytes) -> None:
    with pytest.raises(Open311Error):
        parse_urlencoded(body)


@pytest.mark.parametrize(("name", "status"), [("", 400), ("www.portland.gov", 404)])
def test_one_of_several_cities_must_be_named(name: str, status: int) -> None:
    assert jurisdiction_of(parameters(jurisdiction_id="portland.gov"), CITIES).id == "portland.gov"
    with pytest.raises(Open311Error) as raised:
        jurisdiction_of(parameters(jurisdiction_id=name), CITIES)
    assert raised.value.status == status
    assert f"write one of {', '.join(CITIES)}." in raised.value.descriptions[0]


def test_a_single_city_need_not_be_named() -> None:
    only = {"boston.gov": CITIES["boston.gov"]}

    assert jurisdiction_of(parameters(jurisdiction_id=""), only).id == "boston.gov"
    with pytest.raises(Open311Error, match="404"):
        jurisdiction_of(parameters(jurisdiction_id="portland.gov"), only)
