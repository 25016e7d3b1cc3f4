"""What a client makes of the answers of Open311 servers, odd ones among them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.dispatch.channels.forwarding.rules.open311 import (
    MAX_DESCRIPTION,
    Accepted,
    accepted,
    described,
    find_reference,
    progress_of,
    read_list,
    refusal,
)
from tests.support.builders import NOON

ORDER = "0197a1b2-c3d4-7000-8000-000000000003"


def body(data: object) -> bytes:
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        ([{"service_request_id": "1"}], [{"service_request_id": "1"}]),
        ({"service_requests": [{"token": "t"}]}, [{"token": "t"}]),
        ([], []),
        ([1, {"a": 1}], [{"a": 1}]),
        ({"a": 1}, None),
        ({"a": [], "b": []}, None),
        ("text", None),
    ],
)
def test_a_list_is_read_bare_or_wrapped(data: object, entries: object) -> None:
    assert read_list(body(data)) == entries


@pytest.mark.parametrize(
    "broken", [None, b"", b"<xml/>", b"[{", b"\xff", b"[" * 10_000, b'["\\ud800"]']
)
def test_what_is_no_list_is_none(broken: bytes | None) -> None:
    assert read_list(broken) is None


@pytest.mark.parametrize(
    ("entries", "taken"),
    [
        ([{"service_request_id": "7", "token": None}], Accepted("7", None)),
        ([{"service_request_id": 7}], Accepted("7", None)),
        ([{"token": "t"}], Accepted(None, "t")),
        ([{"service_request_id": None, "token": ""}], Accepted(None, None)),
        ([{"service_request_id": "7"}, {"service_request_id": "7"}], Accepted("7", None)),
        ([{"service_request_id": "1,2"}], Accepted(None, None)),
        ([{"service_request_id": 10**5_000}], Accepted(None, None)),
        ([{"service_request_id": "a\x00b"}], Accepted(None, None)),
        ([{"code": 403, "description": "no"}], None),
        ([], None),
        (None, None),
    ],
)
def test_an_answer_has_an_id_or_a_token_or_is_none(entries: Any, taken: Accepted | None) -> None:
    assert accepted(entries) == taken


def test_a_refusal_is_told_in_the_servers_words_on_one_line() -> None:
    errors = [{"code": 400, "description": "lat is\nmissing"}, {"code": 400, "description": "no"}]

    assert refusal(errors) == "lat ismissing; no"
    assert refusal([{"description": "a request of somebody"}]) is None


def test_a_request_is_found_by_our_reference_alone() -> None:
    ours = {"service_request_id": "2", "description": f"A HOLE\n\nREFERENCE: {ORDER.upper()}"}
    others: list[dict[str, Any]] = [
        {"service_request_id": "1", "description": None},
        {"description": "A hole"},
    ]

    assert find_reference([*others, ours, ours], ORDER) == Accepted("2", None)
    assert find_reference(others, ORDER) is None
    del ours["service_request_id"]
    assert find_reference([ours], ORDER) == Accepted(None, None)  # it is there all the same


def test_a_long_description_is_cut_before_our_reference() -> None:
    text = described(["x" * 5_000, None], ORDER)

    assert len(text) == MAX_DESCRIPTION
    assert find_reference([{"service_request_id": "1", "description": text}], ORDER)
    assert described([None, ""], ORDER) == f"Reference: {ORDER}"


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        ("open", None, "acknowledged"),
        ("Open", "scheduled", "acknowledged"),
        ("open", "in_progress", "in_progress"),
        ("open", "In Progress", "in_progress"),
        ("open", "completed", "acknowledged"),
        ("closed", None, "completed"),
        ("CLOSED", "completed", "completed"),
        ("closed", "declined", "declined"),
        ("closed", "referred", "declined"),
        ("archived", None, None),
        (None, None, None),
    ],
)
def test_a_status_there_is_one_of_ours(status: Any, detail: Any, said: str | None) -> None:
    extended = {"extended_attributes": {"detailed_status": detail}} if detail else {}

    progress = progress_of({"status": status, **extended}, NOON)

    assert (progress.status if progress else None) == said


def test_notes_and_time_come_along_as_far_as_they_can_be_used() -> None:
    request = {"status": "closed", "status_notes": " Filled ", "extended_attributes": None}

    at_there = progress_of(request | {"updated_datetime": "2026-03-02T04:30:00-08:00"}, NOON)
    without = progress_of(request | {"updated_datetime": "2026-03-02T04:30:00"}, NOON)
    declined = progress_of(
        {"status": "closed", "extended_attributes": {"detailed_status": "declined"}}, NOON
    )

    assert at_there == ("completed", "Filled", datetime(2026, 3, 2, 12, 30, tzinfo=UTC))
    assert without == ("completed", "Filled", NOON)
    assert declined
    assert declined.note  # a declined work order needs a reason
