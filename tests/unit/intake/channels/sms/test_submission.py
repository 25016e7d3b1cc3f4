"""The submission that a conversation becomes."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.channels.sms.conversations import submission_of
from services.intake.channels.sms.rules.conversation import Conversation, ReportDraft
from services.intake.channels.sms.store import Correspondent
from services.intake.identifiers import numbers_in, tracking_number
from shared.contract.events import RequestSubmitted
from shared.text_matching.normalization import split_text
from tests.support.builders import NOON
from tests.support.intake.factories import raw_submission
from tests.support.intake.fakes import InMemorySubmissions
from tests.unit.intake.accepting import accept

DRAFT = ReportDraft("SM1", ("Deep hole", "by the tram stop"), NOON, NOON, has_what=True)
ANA = Correspondent("ana", "lakeside.gov", "+15035550100")
NUMBER = tracking_number(1234567890123, 2026)


def data_of(draft: ReportDraft, conversation: Conversation) -> dict[str, Any]:
    data: dict[str, Any] = submission_of(draft, ANA, conversation).raw.envelope.data
    return data


def test_a_draft_is_written_as_an_adapter_would_write_it() -> None:
    draft = replace(DRAFT, place="12 Main St", answers={"size": "large"})
    data = data_of(draft, Conversation(language="es"))

    assert data == {
        "jurisdiction": "lakeside.gov",
        "channel": "sms",
        "description": "Deep hole\nby the tram stop",
        "language": "es",
        "location": {"address": "12 Main St"},
        "attributes": {"size": "large"},
        "reporter": {"phone": "+15035550100", "language": "es", "status_updates": ["sms"]},
    }


def test_who_wants_no_texts_gets_no_updates_by_text() -> None:
    assert data_of(DRAFT, Conversation(is_silent=True))["reporter"]["status_updates"] == []


async def test_without_a_place_it_is_accepted_and_from_elsewhere_it_is_not(
    submissions: InMemorySubmissions,
) -> None:
    raw = submission_of(DRAFT, ANA, Conversation()).raw
    elsewhere = raw_submission(raw.envelope.model_copy(update={"source": "/http/sms"}))

    first, second = await accept(submissions, raw, elsewhere)

    [event] = [event for event in first.events if isinstance(event, RequestSubmitted)]
    assert (event.data.location.precision, event.causationid) == ("none", "SM1")
    assert second.events == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("short", ["short"]),
        ("cut behind a word", ["cut behind", "a word"]),
        ("x" * 23, ["x" * 11, "x" * 11, "x"]),
        ("line\nanother line", ["line", "another", "line"]),
    ],
)
def test_a_long_text_is_cut_behind_words(text: str, parts: list[str]) -> None:
    assert split_text(text, 11) == parts


def test_tracking_numbers_are_found_in_any_form() -> None:
    bare = NUMBER.replace("-", "")

    for written in (NUMBER, NUMBER.lower(), bare, NUMBER.replace("-", " ")):
        assert list(numbers_in(f"what of {written}, please")) == [NUMBER]
    assert list(numbers_in("call 503-555-0100 or 26-1234-5678")) == []
