"""Notes on requests: passed on behind the decision, and read together with the request."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.triage.decisions.assessment import StatedParts
from services.triage.decisions.reassessment import NotedRequest, reassess
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import (
    Location,
    NoteAdded,
    ReportsCounted,
    RequestReassessed,
    RequestTriaged,
    encode,
    new_id,
)
from shared.contract.routes import routes
from tests.support.builders import north_of, note_added
from tests.support.triage.factories import HERE, at, submitted
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import events_of, passed_on

PORTLAND = TriagePolicy(load_catalogue())
PLACE = at(north_of(HERE, 2_000), precision="address", address="12 Quay St")
DANGER = "A live wire is down and sparking by the tents"


def noted(request: Any, text: str = "Still there", **changes: Any) -> NoteAdded:
    data = request.data
    return note_added(
        request_id=data.request_id,
        jurisdiction=data.jurisdiction,
        dedup_group=data.dedup_group,
        text=text,
        **changes,
    )


def decided(
    request: Any,
    waiting: Sequence[NoteAdded],
    passed_on: Sequence[NoteAdded] = (),
    score: int = 20,
) -> NotedRequest:
    """The request as it was decided, by nothing that it said itself."""
    return NotedRequest(
        request.data.request_id,
        new_id(),
        request.data.service_code,
        StatedParts(),
        score=score,
        emergency=None,
        passed_on=passed_on,
        waiting=waiting,
    )


async def test_a_note_goes_behind_the_decision_to_the_case_with_the_same_bytes() -> None:
    store, request = InMemoryTriageStore(), submitted()
    [decision, _] = await events_of(store, request)
    note = noted(request)
    [record] = await passed_on(store, note)

    assert (record.topic, record.key) == ("triage-decisions", decision.data.case_id.encode())
    assert record.value == encode(note)
    assert await passed_on(store, note) == []


async def test_a_note_that_overtakes_its_request_waits_for_the_decision() -> None:
    store, request = InMemoryTriageStore(), submitted()
    note = noted(request, DANGER)

    assert await events_of(store, note) == []
    caused = await events_of(store, request)

    assert [type(one) for one in caused] == [RequestTriaged, ReportsCounted, RequestReassessed]
    assert caused[2].data.case_id == caused[0].data.case_id
    assert caused[2].causationid == note.id


async def test_a_danger_in_a_note_is_told_once_with_advice_in_its_language() -> None:
    store, request = InMemoryTriageStore(), submitted(language="en")
    await events_of(store, request)
    note = noted(request, DANGER, language="es")
    [reassessed] = await events_of(store, note)
    again = await events_of(store, noted(request, DANGER))

    data = reassessed.data
    assert (data.priority.level, data.note_id) == ("P1", note.data.note_id)
    assert data.emergency
    assert [one.code for one in data.advice] == ["call_911"]
    assert data.advice[0].text.startswith("Si alguien")
    assert any(sentence.startswith("Danger to life") for sentence in data.explanation)
    assert again == []


@pytest.mark.parametrize(("by", "raised"), [("reporter", True), (None, True), ("other", False)])
def test_what_somebody_else_writes_raises_no_priority_without_a_danger(
    by: str | None, raised: bool
) -> None:
    request = submitted(jurisdiction="portland.gov", service_code="ROW-POTHOLE")
    note = noted(request, "Three cars have damaged tires, and it blocks the whole lane", by=by)

    assert (reassess(decided(request, [note]), PORTLAND) is not None) is raised


async def test_a_danger_that_somebody_else_tells_of_is_heard() -> None:
    store, request = InMemoryTriageStore(), submitted(language="en")
    await events_of(store, request)
    [reassessed] = await events_of(store, noted(request, DANGER, by="other"))

    assert reassessed.data.priority.level == "P1"
    assert reassessed.data.emergency
    assert await events_of(store, noted(request, DANGER, by="other")) == []


async def test_dangers_that_two_people_tell_of_are_not_told_again_with_every_later_note() -> None:
    store, request = InMemoryTriageStore(), submitted(language="en")
    await events_of(store, request, noted(request, DANGER))
    await events_of(store, noted(request, "There is a strong smell of gas, too", by="other"))

    assert await events_of(store, noted(request, "Thank you")) == []
    assert await events_of(store, noted(request, "Thank you all", by="other")) == []


def test_nobody_takes_away_a_danger_that_the_reporter_tells_of() -> None:
    request = submitted(jurisdiction="portland.gov", service_code="ROW-POTHOLE")
    denied = noted(
        request, "There is no live wire, nothing is sparking, nobody is hurt", by="other"
    )
    told = noted(request, DANGER)
    found = reassess(decided(request, [denied, told]), PORTLAND)

    assert found
    assert found.assessment.emergency


async def test_a_harmless_note_reassesses_nothing() -> None:
    store, request = InMemoryTriageStore(), submitted()

    assert await events_of(store, request, noted(request, "They moved one tent")) != []
    assert await events_of(store, noted(request, "Thank you")) == []


async def test_a_note_is_read_together_with_what_was_written_before() -> None:
    """A word that alone means nothing counts with the request's own words."""
    store, request = InMemoryTriageStore(), submitted(description=DANGER)
    [decision, _] = await events_of(store, request)
    calm = await events_of(store, noted(request, "Nobody is there now"))

    assert decision.data.priority.level == "P1"
    assert calm == []


async def test_a_note_of_a_request_without_a_case_is_not_passed_on_but_a_danger_is_told() -> None:
    store, request = InMemoryTriageStore(), submitted(service_code="TRANSIT")
    await events_of(store, request)

    assert await passed_on(store, noted(request)) == []
    [told] = await events_of(store, noted(request, DANGER))
    assert told.data.case_id is None
    assert routes(told) == (("triage-decisions", request.data.request_id),)


async def test_a_stated_place_lets_a_later_report_there_find_the_case() -> None:
    store = InMemoryTriageStore()
    request = submitted(location=Location(precision="none"))
    [decision, _] = await events_of(store, request)
    before, _ = await events_of(store, submitted())
    [record] = await passed_on(store, noted(request, "by the pier", location=PLACE))
    elsewhere = at(north_of(HERE, 5_000))
    later, far, *_ = await events_of(
        store, submitted(location=PLACE), submitted(location=elsewhere)
    )

    assert before.data.case_id != decision.data.case_id
    assert record.key == decision.data.case_id.encode()
    assert (later.data.outcome, later.data.case_id) == ("duplicate", decision.data.case_id)
    assert far.data.case_id != decision.data.case_id


async def test_a_place_that_overtakes_its_request_is_known_once_that_is_decided() -> None:
    store = InMemoryTriageStore()
    request = submitted(location=Location(precision="none"))
    await events_of(store, noted(request, "by the pier", location=PLACE))
    [decision, _] = await events_of(store, request)
    [later, _] = await events_of(store, submitted(location=PLACE))

    assert later.data.case_id == decision.data.case_id


async def test_a_request_keeps_the_place_that_it_stated() -> None:
    store, request = InMemoryTriageStore(), submitted()
    [decision, _] = await events_of(store, request)
    await events_of(store, noted(request, "by the pier", location=PLACE))
    there, here, *_ = await events_of(store, submitted(location=PLACE), submitted())

    assert there.data.case_id != decision.data.case_id
    assert here.data.case_id == decision.data.case_id


def test_a_stated_place_counts_for_the_priority() -> None:
    request = submitted(jurisdiction="portland.gov", service_code="ROW-POTHOLE")
    powell = Location(precision="address", address="3300 SE Powell Blvd")
    notes = [noted(request, "there", location=powell), noted(request, "it is deep")]
    raised = reassess(decided(request, notes[1:], notes[:1], score=0), PORTLAND)

    assert raised
    assert "arterial" in [reason.code for reason in raised.assessment.priority.reasons]
