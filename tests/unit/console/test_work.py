"""Ways back from commands, own letters, and what others did meanwhile."""

from typing import Any, get_args

import pytest

from console.letters import LETTERS, BadLettersError, letters_of, own_letters
from console.pages.case import entries_since, joined, last_event, told
from console.undo import REVERSIBLE, Undo, undo_of
from shared.vocabulary import CommandName

CASE: dict[str, Any] = {
    "case_id": "c",
    "version": 3,
    "status": "open",
    "summary": "A hole",
    "assignee": None,
    "held_until": None,
    "first_reported_at": "2026-11-30T08:00:00Z",
    "service_code": "OTHER",
    "lead_bureau": "ROADS",
    "priority": {"level": "P2"},
    "location": {"latitude": 45.5, "longitude": -122.6, "address": "12 Quay St"},
}


def event(version: int, case_id: str = "c") -> dict[str, Any]:
    return {"id": f"e{version}", "data": {"case_id": case_id, "version": version}}


@pytest.mark.parametrize(
    ("name", "back"),
    [
        ("acknowledge", {"command": "unacknowledge"}),
        ("assign", {"command": "assign", "assignee": ""}),
        ("hold", {"command": "hold", "until": "2026-11-30T08:00:00Z"}),
        ("change_kind", {"command": "change_kind", "service_code": "OTHER"}),
        ("change_place", {"command": "change_place", "where": "45.5, -122.6 12 Quay St"}),
        ("lower_priority", {"command": "raise_priority", "level": "P2"}),
        ("close", {"command": "reopen"}),
    ],
)
def test_a_way_back_leads_from_the_version_after_the_command(
    name: str, back: dict[str, str]
) -> None:
    undo = undo_of(name, {}, CASE, [event(9, "other"), event(4), event(5)])

    assert undo
    assert undo.fields == back | {"reason": "Taken back", "expected_version": "5", "since": "e5"}
    assert Undo.model_validate_json(undo.model_dump_json()) == undo


@pytest.mark.parametrize(
    ("name", "fields", "case", "events"),
    [
        ("acknowledge", {}, CASE | {"status": "in_progress"}, [event(4)]),
        ("raise_priority", {"level": "P1"}, CASE, [event(4)]),
        ("change_place", {}, CASE | {"location": {"latitude": None}}, [event(4)]),
        ("assign", {}, CASE, [event(5)]),  # somebody else was faster
        ("assign", {}, CASE, []),
    ],
)
def test_without_a_sure_way_back_none_is_offered(
    name: str, fields: dict[str, str], case: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    assert undo_of(name, fields, case, events) is None


def test_ways_back_are_of_commands_that_the_console_gives() -> None:
    assert {*get_args(CommandName)} >= REVERSIBLE


def test_own_letters_are_those_that_differ_and_an_empty_one_is_off() -> None:
    own = own_letters({"letter_next": "X", "letter_help": " "})

    assert own == {"next": "x", "help": ""}
    assert letters_of(own) == {**LETTERS, **own}
    assert own_letters({"letter_next": "k", "letter_previous": "j"}) == {
        "next": "k",
        "previous": "j",
    }


@pytest.mark.parametrize(
    ("letter", "at_fault"), [("k", "previous"), ("1", "next"), ("ñ", "next"), ("jj", "next")]
)
def test_a_letter_is_one_and_of_one_action(letter: str, at_fault: str) -> None:
    with pytest.raises(BadLettersError, match=f"^{at_fault}$"):
        own_letters({"letter_next": letter})


def test_what_others_did_are_the_events_since_the_page() -> None:
    history = [{"event_id": one} for one in ("a", None, "b", None, "c")]

    assert last_event(history[:4]) == "b"
    assert last_event([]) == ""
    assert entries_since(history, "b") == [{"event_id": "c"}]
    assert entries_since(history, "gone") == ()


def test_reports_are_shown_beside_the_one_of_the_same_case_that_they_matched() -> None:
    first = {"request_id": "1", "duplicate": {"of_request": "elsewhere"}}
    second = {"request_id": "2", "duplicate": {"of_request": "1"}}

    assert joined({"requests": [first, second]}) == [(second, first)]


def test_what_the_staff_told_the_residents_is_found_without_its_reason() -> None:
    texts = (
        "Wrote to the followers.\nReason: answer\nAnswer to residents: On Monday.\nOr later.",
        "Closed as declined.\nReason: old\nPublic note: It is private.\nApproved by: Ana",
        "Note of the staff.\nReason: note\nNote: Call them.",
    )
    history = [{"by": "operator:Bo", "text": text} for text in texts]
    history.append({"by": "bureau:ROADS", "text": "Closed.\nPublic note: Done."})

    assert [words for _, words in told(history)] == ["On Monday.\nOr later.", "It is private."]
