"""Commands of the daily work: acknowledge, assign, note, hold, answer, ask."""

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.rules.history import may_read_note
from shared.contract.events import (
    CaseAcknowledged,
    CaseAnswered,
    CaseAssigned,
    CaseHeld,
    CaseNoted,
    CaseStatusChanged,
    WorkOrderChanged,
    encode,
)
from tests.support.builders import note_added
from tests.support.dispatch.factories import command_message, update_message
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type


@pytest.fixture
def desk() -> DispatchHarness:
    return DispatchHarness()


async def order(desk: DispatchHarness, name: str, **changes: Any) -> list[Any]:
    return await desk.handle(command_message(name, desk.store.all[0].case_id, **changes))


async def test_a_person_acknowledges_what_nobody_has_seen(desk: DispatchHarness) -> None:
    [lead] = await desk.open_case()

    changed, told = await order(desk, "acknowledge", actor="Kim")

    [case] = desk.store.all
    assert isinstance(changed, CaseStatusChanged)
    assert (changed.data.previous_status, changed.data.status) == ("open", "acknowledged")
    assert (changed.data.bureau, changed.data.previous_lead) == (None, "ROADS")
    assert case.acknowledged_at == NOW
    assert isinstance(told, WorkOrderChanged)
    assert (told.data.work_order_id, told.data.status) == (lead.work_order_id, "issued")
    entry = desk.store.history[-1]
    assert (entry.by, entry.what, entry.text) == (
        "operator:Kim",
        "status_changed",
        "Status acknowledged.",
    )


async def test_what_is_acknowledged_or_in_work_keeps_its_status(desk: DispatchHarness) -> None:
    [lead] = await desk.open_case()
    await desk.handle(update_message("ROADS", lead, "in_progress"))
    first = desk.store.all[0].acknowledged_at

    seen, *_ = await order(desk, "acknowledge")

    assert isinstance(seen, CaseAcknowledged)
    assert (seen.data.status, seen.data.version) == ("in_progress", 3)
    assert desk.store.all[0].acknowledged_at == first == NOW


async def test_another_bureau_or_a_new_beginning_has_acknowledged_nothing(
    desk: DispatchHarness,
) -> None:
    await desk.open_case()
    await order(desk, "acknowledge")
    await order(desk, "transfer", bureau="PARKS")
    assert (desk.store.all[0].status, desk.store.all[0].acknowledged_at) == ("open", None)
    await order(desk, "acknowledge")
    await order(desk, "close")
    await order(desk, "reopen")
    assert (desk.store.all[0].status, desk.store.all[0].acknowledged_at) == ("open", None)


async def test_a_mistaken_acknowledgement_is_taken_back(desk: DispatchHarness) -> None:
    [lead] = await desk.open_case()
    await order(desk, "acknowledge")

    changed, *_ = await order(desk, "unacknowledge", actor="Kim")

    assert isinstance(changed, CaseStatusChanged)
    assert (changed.data.previous_status, changed.data.status) == ("acknowledged", "open")
    assert desk.store.all[0].acknowledged_at is None
    await desk.handle(update_message("ROADS", lead, "acknowledged"))
    again = command_message("unacknowledge", desk.store.all[0].case_id)
    assert await desk.refusal_codes(again) == ["not_acknowledged"]


async def test_a_case_is_assigned_and_given_back(desk: DispatchHarness) -> None:
    await desk.open_case()

    assigned, *_ = await order(desk, "assign", assignee="Lee")
    assert isinstance(assigned, CaseAssigned)
    assert (assigned.data.assignee, desk.store.all[0].assignee) == ("Lee", "Lee")
    assert desk.store.history[-1].text == "Assigned to Lee."

    back, *_ = await order(desk, "assign", assignee=None)
    assert (back.data.assignee, desk.store.all[0].assignee) == (None, None)


async def test_a_note_is_for_the_staff_alone(desk: DispatchHarness) -> None:
    [lead] = await desk.open_case()
    words = "She called twice, ana@example.org"

    events = await order(desk, "note", text=words)

    assert isinstance(events[0], CaseNoted)
    assert not [event for event in events if b"called twice" in encode(event)]
    entry = desk.store.history[-1]
    assert entry.what == "noted"
    assert entry.note == "Reason: As the photo shows\nNote: She called twice, [removed]"
    assert may_read_note(None, entry.by, entry.what)
    assert not may_read_note(lead.bureau, entry.by, entry.what)
    await order(desk, "close")
    assert isinstance((await order(desk, "note", text="Closed by mistake?"))[0], CaseNoted)


async def test_a_hold_ends_by_a_moment_that_has_passed(desk: DispatchHarness) -> None:
    await desk.open_case()
    due = desk.store.all[0].lead.due
    until = NOW + timedelta(days=1)

    held, *_ = await order(desk, "hold", until=until.isoformat())
    assert isinstance(held, CaseHeld)
    assert (held.data.held_until, desk.store.all[0].held_until) == (until, until)
    assert desk.store.all[0].lead.due == due

    back, *_ = await order(desk, "hold", until=NOW.isoformat())
    assert (back.data.held_until, desk.store.all[0].held_until) == (None, None)
    assert [entry.text for entry in desk.store.history[-2:]] == [
        f"Held until {until:%Y-%m-%d %H:%M} UTC.",
        "Hold ended.",
    ]


async def test_an_answer_reaches_the_followers_without_contact_data(desk: DispatchHarness) -> None:
    await desk.open_case()
    await order(desk, "close", status="completed")

    answered, *_ = await order(desk, "answer", text="Call Ana at 503-555-0142 or 311")

    assert isinstance(answered, CaseAnswered)
    assert answered.data.public_note == "Call Ana at [removed] or 311"
    assert answered.data.status == "completed"


async def test_a_question_waits_for_the_reporter_and_the_answer_returns_it_to_the_team(
    desk: DispatchHarness,
) -> None:
    [lead] = await desk.open_case()
    request_id = desk.store.all[0].opened_by

    asked, told = await order(desk, "ask", text="Which side of the street?")
    [waiting] = desk.store.all
    assert (asked.data.status, asked.data.public_note) == (
        "waiting_for_resident",
        "Which side of the street?",
    )
    assert (told.data.status, waiting.lead.waiting_since) == ("waiting_for_resident", NOW)
    assert desk.store.history[-1].note == (
        "Reason: As the photo shows\nQuestion to residents: Which side of the street?"
    )

    def note(by: str) -> Any:
        return note_added(request_id=request_id, jurisdiction="harbour.gov", text="North", by=by)

    await desk.handle(note("other"))
    assert desk.store.all[0].status == "waiting_for_resident"
    returned, *orders = await desk.handle(note("reporter"))

    [case] = desk.store.all
    assert isinstance(returned, CaseStatusChanged)
    assert (returned.data.previous_status, returned.data.status) == (
        "waiting_for_resident",
        "acknowledged",
    )
    assert (case.lead.status, case.lead.waiting_since, case.asked_from) == ("issued", None, None)
    [told] = of_type(WorkOrderChanged, orders)
    assert (told.data.status, told.data.notes[-1]) == ("issued", "North")
    assert [(e.what, e.by) for e in desk.store.history[-2:]] == [
        ("note_added", "resident"),
        ("status_changed", "resident"),
    ]
    assert await desk.handle(note("reporter"))
    assert desk.store.all[0].version == case.version
    assert lead.work_order_id == case.lead.work_order_id


@pytest.mark.parametrize(
    ("before", "after"), [("in_progress", "in_progress"), ("scheduled", "scheduled")]
)
async def test_an_answer_returns_a_case_to_where_it_was(
    desk: DispatchHarness, before: str, after: str
) -> None:
    [lead] = await desk.open_case()
    await desk.handle(update_message("ROADS", lead, before))
    await order(desk, "ask", text="Where?")
    await order(desk, "ask", text="Really?")
    request_id = desk.store.all[0].opened_by
    await desk.handle(note_added(request_id=request_id, jurisdiction="harbour.gov", by="reporter"))

    assert (desk.store.all[0].status, desk.store.all[0].lead.status) == (after, after)


async def test_an_answer_to_the_bureaus_own_question_returns_the_case_as_acknowledged(
    desk: DispatchHarness,
) -> None:
    [lead] = await desk.open_case()
    await desk.handle(update_message("ROADS", lead, "acknowledged"))
    await desk.handle(update_message("ROADS", lead, "waiting_for_resident"))
    request_id = desk.store.all[0].opened_by
    await desk.handle(note_added(request_id=request_id, jurisdiction="harbour.gov", by="reporter"))

    assert desk.store.all[0].status == "acknowledged"


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("note", {}, "missing_text"),
        ("answer", {}, "missing_text"),
        ("ask", {}, "missing_text"),
        ("hold", {}, "missing_until"),
        ("hold", {"until": "tomorrow"}, "invalid"),
        ("note", {"text": "x" * 4_001}, "invalid"),
        ("assign", {"assignee": " "}, "invalid"),
        ("change_kind", {}, "missing_service_code"),
        ("change_kind", {"service_code": "UNICORN"}, "unknown_kind"),
        ("change_kind", {"service_code": "POTHOLE"}, "same_kind"),
        ("change_place", {}, "missing_location"),
        ("change_place", {"location": {"latitude": 45.5}}, "missing_location"),
        ("change_place", {"location": {"latitude": 95, "longitude": 0}}, "invalid"),
        ("acknowledge", {"expected_version": 7}, "version_conflict"),
        ("unacknowledge", {}, "not_acknowledged"),
        ("erase_contact", {}, "invalid"),
        ("erase_contact", {"request_id": "another's"}, "request_not_in_case"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_code(
    desk: DispatchHarness, name: str, changes: dict[str, Any], code: str
) -> None:
    await desk.open_case()
    before = desk.store.all
    command = command_message(name, before[0].case_id, **changes)

    assert await desk.refusal_codes(command) == [code]
    assert desk.store.all == before


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("acknowledge", {}),
        ("unacknowledge", {}),
        ("assign", {"assignee": "Kim"}),
        ("hold", {"until": "2027-01-01T00:00:00Z"}),
        ("ask", {"text": "Where?"}),
        ("change_kind", {"service_code": "SINKHOLE"}),
        ("change_place", {"location": {"latitude": 45.5, "longitude": -122.6}}),
    ],
)
async def test_a_closed_case_takes_none_of_them(
    desk: DispatchHarness, name: str, changes: dict[str, Any]
) -> None:
    await desk.open_case()
    case_id = desk.store.all[0].case_id
    await order(desk, "close")

    assert await desk.refusal_codes(command_message(name, case_id, **changes)) == ["case_closed"]


async def test_the_version_that_an_operator_saw_must_be_the_present_one(
    desk: DispatchHarness,
) -> None:
    await desk.open_case()
    await order(desk, "acknowledge", expected_version=1)
    assigned, *_ = await order(desk, "assign", assignee="Kim", expected_version=2)

    assert assigned.data.version == 3
