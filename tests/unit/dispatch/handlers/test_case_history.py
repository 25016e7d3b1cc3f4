"""The history of a case: one entry for each event of it, and for what has none."""

import pytest

from services.dispatch.handlers.incoming import on_reminders_due
from services.dispatch.rules.history import may_read_note
from shared.contract.events import Reassessment, RequestReassessed, new_id
from tests.support.builders import NOON, note_added, priority
from tests.support.dispatch.factories import (
    HOUR,
    POLICY,
    command_message,
    harbour_request,
    triaged,
    update_message,
)
from tests.unit.dispatch.harness import NOW, DispatchHarness

PICTURE = "https://311.example.org/v1/media/" + "5" * 32


@pytest.fixture
def desk() -> DispatchHarness:
    return DispatchHarness()


def told(desk: DispatchHarness, case_id: str) -> list[tuple[str, str, str, str | None]]:
    return [(e.what, e.by, e.text, e.note) for e in desk.store.history if e.case_id == case_id]


async def test_requests_priorities_and_notes_are_told_with_their_authors(
    desk: DispatchHarness,
) -> None:
    first, second = harbour_request(), harbour_request()
    opening = triaged(of=first)
    case_id = opening.data.case_id or ""
    await desk.handle(opening)
    await desk.handle(triaged(case_id, "P3", 40, of=second))
    note = note_added(
        request_id=first.request_id, jurisdiction="harbour.gov", text="The wire is sparking"
    )
    danger = Reassessment(
        request_id=first.request_id, case_id=case_id, priority=priority("P1", 90), note_id=new_id()
    )
    await desk.handle(note, RequestReassessed.of(danger, now=NOON))
    await desk.handle(command_message("lower_priority", case_id, level="P4", actor="Kim"))

    assert told(desk, case_id) == [
        ("opened", "resident", f"Request {first.tracking_number} opened the case.", None),
        (
            "work_order_issued",
            "system",
            "ROADS got a work order as lead, by the rule kind-to-lead.",
            None,
        ),
        (
            "request_attached",
            "resident",
            f"Request {second.tracking_number} joined the case.",
            None,
        ),
        ("priority_raised", "system", "Priority raised from P4 to P3.", None),
        ("note_added", "resident", "The wire is sparking", None),
        ("priority_raised", "system", "Priority raised from P3 to P1.", None),
        (
            "priority_lowered",
            "operator:Kim",
            "Priority lowered from P1 to P4.",
            "Reason: As the photo shows",
        ),
    ]
    assert {entry.at for entry in desk.store.history} == {NOW}


async def test_updates_of_bureaus_are_told_with_their_notes(desk: DispatchHarness) -> None:
    lead, informed = await desk.open_case("SINKHOLE")
    case_id, by = lead.case_id, lead.bureau
    other = informed.bureau
    await desk.handle(
        update_message(by, lead, "acknowledged", internal_note="Call Kim at 503 555 0100"),
        update_message(
            other, informed, "in_progress", public_note="Valve closed", media=[{"url": PICTURE}]
        ),
        update_message(by, lead, "scheduled", scheduled_for=NOON + 24 * HOUR),
        update_message(by, lead, "waiting_for_resident", public_note="Is the gate open?"),
        update_message(by, lead, "waiting_for_resident", public_note="Please answer"),
        update_message(by, lead, "waiting_for_resident"),
        update_message(by, lead, "transferred", transfer_to="PARKS", reason="A park"),
        update_message(by, lead, "completed"),
    )
    park = desk.store.all[0].lead
    await desk.handle(update_message("PARKS", park, "declined", reason="No hole found"))

    updates = [entry for entry in told(desk, case_id) if entry[1].startswith("bureau:")]
    assert updates == [
        (
            "status_changed",
            f"bureau:{by}",
            "Status acknowledged.",
            "Internal note: Call Kim at [removed]",
        ),
        (
            "work_order_updated",
            f"bureau:{other}",
            "Set its work order to in progress.",
            f"Public note: Valve closed\nPictures: {PICTURE}",
        ),
        (
            "status_changed",
            f"bureau:{by}",
            f"Status scheduled for {NOON + 24 * HOUR:%Y-%m-%d %H:%M} UTC.",
            None,
        ),
        (
            "status_changed",
            f"bureau:{by}",
            "Status waiting for resident.",
            "Public note: Is the gate open?",
        ),
        (
            "work_order_updated",
            f"bureau:{by}",
            "Set its work order to waiting for resident.",
            "Public note: Please answer",
        ),
        ("status_changed", f"bureau:{by}", "Transferred to PARKS, status open.", "Reason: A park"),
        (
            "status_changed",
            "bureau:PARKS",
            "Transferred to ROADS, status open.",
            "Reason: No hole found",
        ),
    ]


async def test_commands_are_told_in_every_case_that_they_change(desk: DispatchHarness) -> None:
    first, second = harbour_request(), harbour_request()
    opening = triaged(of=first)
    old = opening.data.case_id or ""
    await desk.handle(opening, triaged(old, of=second))
    await desk.handle(command_message("split_request", old, request_id=second.request_id))
    new = next(case.case_id for case in desk.store.all if case.case_id != old)
    await desk.handle(command_message("merge_case", new, into_case=old))
    await desk.handle(command_message("transfer", old, bureau="PARKS"))
    await desk.handle(command_message("close", old, status="completed"))
    await desk.handle(command_message("reopen", old))
    await desk.handle(command_message("reopen", old))

    by_operator = [
        (entry.case_id, entry.what, entry.text, entry.note)
        for entry in desk.store.history
        if entry.by == "operator:kim"
    ]
    joined, why = f"Request {second.tracking_number}", "Reason: As the photo shows"
    assert by_operator == [
        (old, "request_split", f"Request {second.request_id} moved to the case {new}.", why),
        (new, "opened", f"{joined} opened the case, moved from the case {old}.", why),
        (old, "request_attached", f"{joined} joined the case, moved from the case {new}.", why),
        (new, "closed", f"Merged into the case {old}.", why),
        (old, "status_changed", "Transferred to PARKS, status open.", why),
        (old, "closed", "Closed as completed.", why),
        (old, "reopened", "Reopened, PARKS leads.", why),
    ]


async def test_reminders_and_missed_deadlines_are_told(desk: DispatchHarness) -> None:
    [lead, *_] = await desk.open_case("POTHOLE", "P1")
    due = lead.due.acknowledge_by
    events, changes = on_reminders_due(desk.store.all, POLICY, due)

    [overdue] = [event for event in events if event.type == "route311.case.overdue.v1"]
    told_of = [(e.what, e.by, e.text, e.case_event) for e in changes.history]
    moment = f"({due:%Y-%m-%d %H:%M} UTC)"
    assert told_of[0] == (
        "overdue",
        "system",
        f"{lead.bureau} missed its deadline to acknowledge {moment}"
        + (f", escalated to {overdue.data.escalated_to}." if overdue.data.escalated_to else "."),
        overdue.id,
    )
    assert (
        "work_order_reminder",
        "system",
        f"{lead.bureau} was reminded: its deadline to acknowledge has passed {moment}.",
        None,
    ) in told_of


@pytest.mark.parametrize(
    ("reader", "author", "may"),
    [
        (None, "bureau:ROADS", True),
        ("ROADS", "bureau:ROADS", True),
        ("ROADS", "bureau:ROADS-2", False),
        ("ROADS-2", "bureau:ROADS", False),
        ("ROADS", "operator:kim", True),
        ("ROADS", "resident", True),
    ],
)
def test_a_bureau_reads_no_notes_of_another_one(reader: str | None, author: str, may: bool) -> None:
    assert may_read_note(reader, author, "closed") is may
