"""Notes of residents in cases and work orders, and the priority that they raise."""

from typing import Any

import pytest

from services.dispatch.records.changes import CaseHistoryEntry
from services.dispatch.rules.notes import MAX_NOTES
from services.dispatch.unit_of_work import UnknownRequestError
from shared.contract.events import (
    CasePriorityRaised,
    CaseStatusChanged,
    NoteAdded,
    Reassessment,
    RequestReassessed,
    WorkOrderChanged,
    new_id,
)
from shared.vocabulary import PriorityLevel
from tests.support.builders import NOON, note_added, priority
from tests.support.dispatch.factories import (
    command_message,
    harbour_request,
    triaged,
    update_message,
)
from tests.unit.dispatch.harness import DispatchHarness, of_type


@pytest.fixture
def desk() -> DispatchHarness:
    return DispatchHarness()


def noted(request_id: str, text: str = "Still there", by: str | None = "reporter") -> NoteAdded:
    return note_added(request_id=request_id, jurisdiction="harbour.gov", text=text, by=by)


def reassessed(request_id: str, case_id: str | None, level: str = "P1") -> RequestReassessed:
    data = Reassessment(
        request_id=request_id, case_id=case_id, priority=priority(level, 90), note_id=new_id()
    )
    return RequestReassessed.of(data, now=NOON)


def noted_in(desk: DispatchHarness) -> list[CaseHistoryEntry]:
    return [entry for entry in desk.store.history if entry.what == "note_added"]


async def opened(desk: DispatchHarness, **changes: Any) -> Any:
    request = harbour_request(service_code="POTHOLE", **changes)
    event = triaged(of=request, level="P4", service_code="POTHOLE")
    await desk.handle(event)
    return event.data


async def test_a_note_is_in_every_work_order_and_in_the_history_once(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    [before] = desk.store.all
    note = noted(decision.request_id)
    changed = of_type(WorkOrderChanged, await desk.handle(note, note))
    again = await desk.handle(note)

    [case] = desk.store.all
    assert {order.data.bureau for order in changed} == {order.bureau for order in case.orders}
    for order in changed:
        assert order.data.notes[-1] == "Still there"
        assert (order.data.version, order.data.case_version) == (2, 1)
    assert (case.version, len(before.notes), len(case.notes)) == (before.version, 0, 1)
    [entry] = noted_in(desk)
    assert (entry.case_id, entry.by, entry.case_event) == (case.case_id, "resident", None)
    assert (entry.text, entry.event_id, entry.request_id) == (
        "Still there",
        note.id,
        decision.request_id,
    )
    assert again == []


async def test_a_note_in_the_batch_of_its_request_finds_the_case(desk: DispatchHarness) -> None:
    request = harbour_request(service_code="POTHOLE")
    event = triaged(of=request, level="P4", service_code="POTHOLE")
    await desk.handle(event, noted(request.request_id))

    [case] = desk.store.all
    assert [note.text for note in case.notes] == ["Still there"]


async def test_a_note_of_a_request_that_no_case_has_is_an_error(desk: DispatchHarness) -> None:
    with pytest.raises(UnknownRequestError):
        await desk.handle(noted(new_id()))


async def test_a_work_order_shows_the_newest_notes_and_the_history_all(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    await desk.handle(*[noted(decision.request_id, f"{n}") for n in range(MAX_NOTES + 1)])

    [case] = desk.store.all
    assert [note.text for note in case.notes] == [f"{n}" for n in range(1, MAX_NOTES + 1)]
    assert len(noted_in(desk)) == MAX_NOTES + 1


async def test_nobody_hides_the_reporters_note_or_a_bureaus_behind_many_others(
    desk: DispatchHarness,
) -> None:
    [order, *_] = await desk.open_case("SINKHOLE", "P1")
    [request_id] = desk.store.requests
    await desk.handle(update_message(order.bureau, order, "declined", reason="No access"))
    await desk.handle(noted(request_id, "mine"))
    strangers = [noted(request_id, f"{n}", "other") for n in range(MAX_NOTES + 10)]
    produced = await desk.handle(*strangers, noted(request_id, "app", by=None))

    [case] = desk.store.all
    assert [note.text for note in case.notes] == [
        f"{order.bureau} declined this: No access",
        "mine",
    ]
    others = [note.text for note in case.others_notes]
    assert others == [*(f"{n}" for n in range(13, MAX_NOTES + 10)), "app"]
    shown = of_type(WorkOrderChanged, produced)[-1].data.notes
    assert shown[-MAX_NOTES:] == (*(note.text for note in case.notes), *others)
    assert {entry.by for entry in noted_in(desk) if entry.text.isdigit()} == {"other"}
    assert {entry.by for entry in noted_in(desk) if not entry.text.isdigit()} == {"resident"}


async def test_the_notes_of_one_reporter_leave_room_for_those_of_another(
    desk: DispatchHarness,
) -> None:
    first = await opened(desk)
    second = harbour_request(service_code="POTHOLE")
    joined = triaged(
        of=second, level="P4", service_code="POTHOLE", case_id=first.case_id, outcome="duplicate"
    )
    await desk.handle(joined)
    await desk.handle(noted(first.request_id, "mine"))
    await desk.handle(*[noted(second.request_id, f"{n}") for n in range(MAX_NOTES + 10)])
    beyond = await desk.handle(noted(first.request_id, "stranger", "other"))

    [case] = desk.store.all
    kept = [note.text for note in case.notes]
    assert kept == ["mine", *(f"{n}" for n in range(11, MAX_NOTES + 10))]
    assert (case.others_notes, of_type(WorkOrderChanged, beyond)) == ((), [])
    assert [entry.text for entry in noted_in(desk)][-1] == "stranger"


async def test_a_reassessment_raises_the_case_and_tightens_its_deadlines(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    [before] = desk.store.all
    event = reassessed(decision.request_id, decision.case_id)
    produced = await desk.handle(event)
    again = await desk.handle(event)
    lower = await desk.handle(reassessed(decision.request_id, decision.case_id, "P3"))

    [raised] = of_type(CasePriorityRaised, produced)
    assert (raised.data.previous_level, raised.data.request_id) == ("P4", decision.request_id)
    [case] = desk.store.all
    assert (case.priority.level, case.version) == ("P1", before.version + 1)
    assert case.lead.due.complete_by < before.lead.due.complete_by
    assert of_type(WorkOrderChanged, produced)
    assert again == lower == []


async def test_a_reassessment_raises_no_case_that_an_operator_lowered_knowing_as_much(
    desk: DispatchHarness,
) -> None:
    event = triaged(of=harbour_request(service_code="POTHOLE"), priority=priority("P1", 90))
    await desk.handle(event)
    case_id = desk.store.all[0].case_id
    await desk.handle(command_message("lower_priority", case_id, level="P4"))

    assert await desk.handle(reassessed(event.data.request_id, case_id)) == []
    assert desk.store.all[0].priority.level == "P4"


async def test_a_reassessment_without_a_case_concerns_nobody(desk: DispatchHarness) -> None:
    assert await desk.handle(reassessed(new_id(), None)) == []


async def test_a_note_follows_its_request_into_another_case(desk: DispatchHarness) -> None:
    first = await opened(desk)
    second = harbour_request(service_code="POTHOLE")
    joined = triaged(
        of=second, level="P4", service_code="POTHOLE", case_id=first.case_id, outcome="duplicate"
    )
    await desk.handle(joined)
    await desk.handle(noted(first.request_id, "one"), noted(second.request_id, "two"))
    split = command_message("split_request", first.case_id, request_id=second.request_id)
    await desk.handle(split)
    old, new = desk.store.all

    assert [note.text for note in old.notes] == ["one"]
    assert [note.text for note in new.notes] == ["two"]
    await desk.handle(noted(second.request_id, "three"))
    assert [note.text for note in desk.store.all[1].notes] == ["two", "three"]

    merge = command_message("merge_case", new.case_id, into_case=old.case_id)
    await desk.handle(merge)
    assert [note.text for note in desk.store.all[0].notes] == ["one", "two", "three"]


async def test_a_request_that_became_more_urgent_gives_the_case_its_words(
    desk: DispatchHarness,
) -> None:
    first = await opened(desk, description="A hole")
    later = harbour_request(service_code="POTHOLE", description="A deep hole")
    await desk.handle(triaged(first.case_id, of=later, level="P4", service_code="POTHOLE"))

    changed = of_type(
        WorkOrderChanged, await desk.handle(reassessed(later.request_id, first.case_id))
    )
    again = await desk.handle(reassessed(first.request_id, first.case_id))

    assert {order.data.summary for order in changed} == {"A deep hole"}
    assert again == []
    stored = {one.request_id: one.priority.level for one in desk.store.case_requests.values()}
    assert stored == {first.request_id: "P1", later.request_id: "P1"}


async def test_what_remains_after_a_split_has_the_words_of_its_most_urgent_request(
    desk: DispatchHarness,
) -> None:
    first = await opened(desk, description="A hole")
    levels: tuple[tuple[PriorityLevel, str], ...] = (("P1", "It sparks"), ("P2", "Cars swerve"))
    for level, text in levels:
        joining = harbour_request(service_code="POTHOLE", description=text)
        await desk.handle(
            triaged(first.case_id, of=joining, level=level, score=60, service_code="POTHOLE")
        )
    [sparks] = [
        one for one in desk.store.case_requests.values() if one.problem.summary == "It sparks"
    ]

    await desk.handle(command_message("split_request", first.case_id, request_id=sparks.request_id))

    left = next(one for one in desk.store.all if one.case_id == first.case_id)
    own = next(one for one in desk.store.all if one.case_id != first.case_id)
    assert (left.problem.summary, own.problem.summary) == ("Cars swerve", "It sparks")
    await desk.handle(command_message("merge_case", own.case_id, into_case=left.case_id))
    merged = next(one for one in desk.store.all if one.case_id == first.case_id)
    assert merged.problem.summary == "It sparks"


@pytest.mark.parametrize("by", ["reporter", "other", None])
async def test_an_answer_ends_the_wait_and_the_clock_goes_on_but_not_by_another_person(
    desk: DispatchHarness, by: str | None
) -> None:
    decision = await opened(desk)
    [case] = desk.store.all
    for status in ("acknowledged", "waiting_for_resident"):
        await desk.handle(update_message(case.lead_bureau, case.lead, status))
    due = desk.store.all[0].lead.due.complete_by
    answer = noted(decision.request_id, "The one by the door", by=by)
    produced = await desk.handle(answer, answer)

    [case] = desk.store.all
    if by == "other":
        assert case.status == case.lead.status == "waiting_for_resident"
        return
    [changed] = of_type(CaseStatusChanged, produced)
    assert (changed.data.status, changed.data.previous_status) == (
        "acknowledged",
        "waiting_for_resident",
    )
    assert changed.data.previous_lead == case.lead_bureau
    assert (changed.data.answered_by, changed.data.answered_through) == (
        decision.request_id,
        "web",
    )
    assert (case.status, case.lead.status) == ("acknowledged", "acknowledged")
    assert case.lead.waiting_since is None
    assert case.lead.due.complete_by >= due
    [order] = of_type(WorkOrderChanged, produced)[:1]
    assert order.data.status == "acknowledged"
    assert "The one by the door" in order.data.notes
    [entry] = [one for one in desk.store.history if "answered" in (one.text or "")]
    assert entry.by == "resident"
