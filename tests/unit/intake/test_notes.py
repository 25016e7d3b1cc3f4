"""Notes as adapters write them."""

from typing import Any

import pytest

from services.intake.identifiers import ContactChannels, email_ref, phone_ref, reporter_ref
from services.intake.notes import NoteOrigin, ParsedNote, parse_note
from services.intake.records.notes import RequestReference
from shared.contract.events import Note, new_id
from tests.support.builders import NOON
from tests.support.intake.factories import LAKESIDE, POLICY

REQUEST = RequestReference(new_id(), "26-7KQ4-M2", "lakeside.gov", "POTHOLE")


APP = NoteOrigin("/http/app")


def parsed(**data: Any) -> Any:
    """Return the note of an adapter, or its errors."""
    found = parse_note(data, REQUEST, APP, POLICY, NOON)
    return found.note if isinstance(found, ParsedNote) else found


def test_a_note_holds_no_contact_data() -> None:
    note = parsed(
        text="Call me: 503-555-0100, ana@example.org\x00",
        media=[{"url": "https://example.org/a.jpg"}, {"url": "https://e.org/?m=ana@example.org"}],
    )

    assert isinstance(note, Note)
    assert "555" not in note.text
    assert "ana@" not in note.model_dump_json()
    assert "\x00" not in note.text
    assert note.media[0].url == "https://example.org/a.jpg"
    assert (note.request_id, note.tracking_number, note.at) == (*REQUEST[:2], NOON)
    assert (note.by, note.channel) == (None, "web")
    assert note.dedup_group == LAKESIDE.services["POTHOLE"].dedup.group


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        pytest.param({}, {("text", "missing_text")}, id="no text"),
        pytest.param({"text": None}, {("text", "missing_text")}, id="null"),
        pytest.param({"text": " \n"}, {("text", "missing_text")}, id="blank"),
        pytest.param({"text": "\x00"}, {("text", "missing_text")}, id="control characters alone"),
        pytest.param({"text": "x" * 4_001}, {("text", "too_long")}, id="too long"),
        pytest.param({"text": 7}, {("text", "invalid")}, id="a number"),
        pytest.param({"text": "x", "language": "?"}, {("language", "invalid")}, id="language"),
        pytest.param({"text": "x", "channel": "fax"}, {("channel", "unknown_channel")}, id="fax"),
        pytest.param(
            {"text": "x", "media": [{"url": "ftp://x"}]}, {("media.0.url", "invalid")}, id="media"
        ),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, Any], errors: set[tuple[str, str]]) -> None:
    found = parsed(**data)

    assert {(error.field, error.code) for error in found} == errors


def test_of_an_endless_list_no_more_is_read_than_refuses_it() -> None:
    assert len(parsed(text="x", media=[1] * 400_000)) == 21


def test_a_text_of_4_000_characters_is_taken() -> None:
    assert len(parsed(text="x" * 4_000).text) == 4_000


def test_what_is_no_object_is_named() -> None:
    found: Any = parse_note([], REQUEST, APP, POLICY, NOON)

    assert [error.code for error in found] == ["not_an_object"]


def test_a_request_of_a_kind_that_the_catalogue_lost_takes_notes() -> None:
    lost = REQUEST._replace(service_code="GONE")
    found = parse_note({"text": "x"}, lost, APP, POLICY, NOON)

    assert isinstance(found, ParsedNote)
    assert found.note.dedup_group == LAKESIDE.services[LAKESIDE.other_code].dedup.group


@pytest.mark.parametrize(
    ("reporter", "by"),
    [
        pytest.param({"email": "ANA@example.org"}, "reporter", id="address"),
        pytest.param({"email": "bo@example.org"}, "other", id="another address"),
        pytest.param({"phone": "(503) 555-0100"}, "reporter", id="number that gets texts"),
        pytest.param({"phone": "503-555-0101", "email": "no address"}, "other", id="another"),
        pytest.param({"account_id": "a-17"}, "other", id="account of another adapter's"),
        pytest.param({}, "other", id="nothing"),
        pytest.param(None, None, id="not told"),
    ],
)
def test_only_a_writer_known_by_the_submission_is_the_reporter_and_says_that_it_is_not_fixed(
    reporter: dict[str, str] | None, by: str | None
) -> None:
    key = POLICY.reporter_key
    theirs = REQUEST._replace(
        reporter_ref=email_ref(key, "ana@example.org"), phone_ref=phone_ref(key, "+15035550100")
    )
    data = {"text": "Still there", "not_fixed": True, "reporter": reporter}
    found = parse_note(data, theirs, APP, POLICY, NOON)

    assert isinstance(found, ParsedNote)
    assert (found.note.by, found.not_fixed) == (by, by == "reporter")
    assert "example.org" not in found.note.model_dump_json()


def test_an_account_is_known_to_its_own_adapter_alone() -> None:
    submitted_by = reporter_ref(
        POLICY.reporter_key, APP.source, "a-17", ContactChannels(None, None)
    )
    theirs = REQUEST._replace(reporter_ref=submitted_by)
    data = {"text": "Still there", "reporter": {"account_id": "a-17"}}
    own, foreign = (
        parse_note(data, theirs, origin, POLICY, NOON) for origin in (APP, NoteOrigin("/http/b"))
    )

    assert isinstance(own, ParsedNote)
    assert isinstance(foreign, ParsedNote)
    assert (own.note.by, foreign.note.by) == ("reporter", "other")


def test_the_writer_of_an_anonymous_request_stays_unknown() -> None:
    note = parsed(text="x", reporter={"phone": "not a number"})

    assert note.by == "other"
