"""Notes as adapters write them."""

from typing import Any

import pytest

from services.intake.notes.parsing import RequestReference, parse_note
from shared.contract.events import Note, new_id
from tests.builders import NOON
from tests.unit.intake.factories import LAKESIDE, POLICY

REQUEST = RequestReference(new_id(), "26-7KQ4-M2", "lakeside.gov", "POTHOLE")


def parsed(**data: Any) -> Any:
    return parse_note(data, REQUEST, POLICY, NOON)


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
    found: Any = parse_note([], REQUEST, POLICY, NOON)

    assert [error.code for error in found] == ["not_an_object"]


def test_a_request_of_a_kind_that_the_catalogue_lost_takes_notes() -> None:
    note = parse_note({"text": "x"}, REQUEST._replace(service_code="GONE"), POLICY, NOON)

    assert isinstance(note, Note)
    assert note.dedup_group == LAKESIDE.services[LAKESIDE.other_code].dedup.group
