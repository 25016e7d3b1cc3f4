from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.policy import NotInCatalogueError
from services.dispatch.records.changes import MessageKey
from services.dispatch.rules.work_order_updates import BureauUpdate
from shared.contract.events import (
    CaseClosed,
    CaseRequestAttached,
    CaseStatusChanged,
    UpdateAccepted,
    UpdateRefused,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderUpdated,
    new_id,
)
from tests.support.builders import NOON
from tests.support.dispatch.factories import (
    on_topic,
    triaged,
    update_message,
)
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type


async def test_an_accepted_update_moves_the_case_and_is_answered(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()
    message = update_message(
        "ROADS", issued, "scheduled", scheduled_for=NOON, public_note="On Tuesday"
    )

    receipt, moved, sent = await harness.handle(message)

    assert isinstance(receipt, UpdateAccepted)
    data = receipt.data
    assert (data.update_id, data.update_source) == (message.event.id, message.event.source)
    assert (data.work_order_id, data.case_id) == (issued.work_order_id, issued.case_id)
    assert (data.bureau, data.status, data.version) == ("ROADS", "scheduled", 2)
    assert data.changed
    assert (data.code, data.message) == (None, None)
    assert isinstance(moved, CaseStatusChanged)
    assert (moved.data.version, moved.data.status) == (2, "scheduled")
    assert (moved.data.previous_status, moved.data.bureau) == ("open", "ROADS")
    assert (moved.data.public_note, moved.data.scheduled_for) == ("On Tuesday", NOON)
    assert isinstance(sent, WorkOrderChanged)
    assert (sent.data.status, sent.data.version) == ("scheduled", 2)
    assert {e.causationid for e in (receipt, moved, sent)} == {message.event.id}


async def test_completed_work_of_the_lead_closes_the_case(harness: DispatchHarness) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")

    events = await harness.handle(
        update_message("DESK", lead, "completed", public_note="Filled", at=NOON)
    )

    [closed] = of_type(CaseClosed, events)
    assert (closed.data.version, closed.data.status, closed.data.closed_at) == (
        2,
        "completed",
        NOON,
    )
    assert not of_type(CaseStatusChanged, events)
    sent = {e.data.bureau: e.data for e in of_type(WorkOrderChanged, events)}
    assert (sent["WATER"].status, sent["WATER"].case_version) == ("issued", 2)
    assert informed.work_order_id == sent["WATER"].work_order_id


async def test_what_the_desk_declines_is_declined_and_says_why(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(
        update_message("ROADS", issued, "declined", reason="A private road")
    )

    [closed] = of_type(CaseClosed, events)
    assert (closed.data.status, closed.data.reason) == ("declined", "A private road")


async def test_a_declined_case_goes_on_to_the_desk_with_the_reason(
    harness: DispatchHarness,
) -> None:
    """From the lead to the bureau that it escalates to, and from that to the desk, ``ROADS``."""
    lead, _ = await harness.open_case("SINKHOLE", "P1")
    events = await harness.handle(
        update_message("DESK", lead, "declined", reason="Not a street, ask ana@example.org")
    )
    [to_police] = of_type(WorkOrderIssued, events)
    [moved] = of_type(CaseStatusChanged, events)
    assert (moved.data.status, moved.data.bureau, moved.data.lead_bureau) == (
        "open",
        "DESK",
        "POLICE",
    )
    told = {e.data.bureau: e.data for e in of_type(WorkOrderChanged, events)}
    assert {bureau: order.status for bureau, order in told.items()} == {
        "DESK": "declined",
        "WATER": "issued",
    }

    events = await harness.handle(
        update_message("POLICE", to_police.data, "declined", reason="No crime")
    )

    [to_desk] = of_type(WorkOrderIssued, events)
    assert (to_desk.data.bureau, to_desk.data.role) == ("ROADS", "lead")
    assert to_desk.data.route_rule == "declined-by-bureau"
    assert to_desk.data.due.acknowledge_by == NOW + timedelta(minutes=15)
    assert to_desk.data.due.complete_by == lead.due.complete_by
    assert to_desk.data.notes[-2:] == (
        "DESK declined this: Not a street, ask [removed]",
        "POLICE declined this: No crime",
    )


async def test_an_urgent_case_that_the_bureau_of_a_rule_declines_goes_to_that_of_its_kind(
    harness: DispatchHarness,
) -> None:
    lead, regular = await harness.open_case("POTHOLE", "P2")

    events = await harness.handle(update_message("DESK", lead, "declined", reason="Not urgent"))

    assert not of_type(WorkOrderIssued, events)
    [taken] = [e.data for e in of_type(WorkOrderChanged, events) if e.data.role == "lead"][1:]
    assert (taken.work_order_id, taken.status) == (regular.work_order_id, "issued")
    assert taken.due.acknowledge_by == NOW + timedelta(hours=1)


async def test_an_informed_bureau_declines_its_own_part_alone(harness: DispatchHarness) -> None:
    _, informed = await harness.open_case("SINKHOLE", "P1")

    events = await harness.handle(update_message("WATER", informed, "declined", reason="Dry"))

    [sent] = of_type(WorkOrderChanged, events)
    assert (sent.data.bureau, sent.data.status) == ("WATER", "declined")
    assert harness.store.all[0].status == "open"


async def test_an_informed_bureaus_progress_is_told_to_itself_alone(
    harness: DispatchHarness,
) -> None:
    _, informed = await harness.open_case("SINKHOLE", "P1")

    receipt, sent = await harness.handle(update_message("WATER", informed, "in_progress"))

    assert isinstance(receipt, UpdateAccepted)
    assert isinstance(sent, WorkOrderChanged)
    assert (sent.data.bureau, sent.data.version, sent.data.case_version) == ("WATER", 2, 1)
    assert harness.store.all[0].status == "open"


async def test_a_late_request_joins_a_closed_case_and_work_that_is_over_is_told(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    await harness.handle(update_message("ROADS", issued, "completed"))

    attached, sent = await harness.handle(triaged(issued.case_id))

    assert isinstance(attached, CaseRequestAttached)
    assert attached.data.status == "completed"
    assert isinstance(sent, WorkOrderChanged)
    assert (sent.data.status, sent.data.case_version) == ("completed", 3)


async def test_transferred_work_is_told_to_both_bureaus(harness: DispatchHarness) -> None:
    issued, _ = await harness.open_case("SINKHOLE", "P1")

    events = await harness.handle(
        update_message("DESK", issued, "transferred", transfer_to="ROADS")
    )

    [moved] = of_type(CaseStatusChanged, events)
    assert (moved.data.status, moved.data.lead_bureau, moved.data.bureau) == (
        "open",
        "ROADS",
        "DESK",
    )
    sent = {e.data.bureau: e.data for e in of_type(WorkOrderChanged, events)}
    assert {bureau: (o.status, o.version) for bureau, o in sent.items()} == {
        "DESK": ("transferred", 2),
        "WATER": ("issued", 2),
    }
    [new] = of_type(WorkOrderIssued, events)
    assert (new.data.bureau, new.data.role, new.data.version) == ("ROADS", "lead", 1)
    assert moved.data.lead_work_order_id == new.data.work_order_id
    assert new.data.due.acknowledge_by == NOW + timedelta(minutes=15)
    assert new.data.due.complete_by == issued.due.complete_by


async def test_a_bureau_that_got_its_work_back_hears_of_the_new_work_order_alone(
    harness: DispatchHarness,
) -> None:
    [first] = await harness.open_case()
    events = await harness.handle(
        update_message("ROADS", first, "transferred", transfer_to="WATER")
    )
    [taken] = of_type(WorkOrderIssued, events)
    events = await harness.handle(
        update_message("WATER", taken.data, "transferred", transfer_to="ROADS")
    )
    [back] = of_type(WorkOrderIssued, events)
    assert {e.data.bureau for e in of_type(WorkOrderChanged, events)} == {"WATER"}

    sent = of_type(WorkOrderChanged, await harness.handle(triaged(first.case_id)))

    assert {e.data.work_order_id for e in sent} == {
        back.data.work_order_id,
        taken.data.work_order_id,
    }


REFUSED = [
    pytest.param({"status": "lost"}, "invalid", id="invalid"),
    pytest.param({"work_order_id": new_id()}, "unknown_work_order", id="unknown_work_order"),
    pytest.param({"work_order_id": "wo-1"}, "unknown_work_order", id="no id of ours"),
    pytest.param({"bureau": "WATER"}, "not_your_work_order", id="not_your_work_order"),
    pytest.param({"expected_version": 7}, "version_conflict", id="version_conflict"),
    pytest.param({"status": "declined"}, "missing_reason", id="missing_reason"),
    pytest.param({"status": "transferred"}, "missing_transfer_to", id="missing_transfer_to"),
    pytest.param(
        {"status": "transferred", "transfer_to": "EXT-UTILITY"}, "unknown_bureau", id="unknown"
    ),
    pytest.param({"status": "waiting_for_resident"}, "transition_not_allowed", id="not allowed"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
async def test_a_refused_update_changes_nothing_and_says_why(
    harness: DispatchHarness, changes: dict[str, Any], code: str
) -> None:
    [issued] = await harness.open_case()
    before = harness.store.all
    right = update_message("ROADS", issued, "acknowledged").event
    wrong = right.model_copy(update={"data": right.data | changes})

    [receipt] = await harness.handle(on_topic("ROADS", wrong))

    assert isinstance(receipt, UpdateRefused)
    assert (receipt.data.code, receipt.data.changed) == (code, False)
    assert receipt.data.message
    assert receipt.data.bureau == "ROADS"
    assert harness.store.all == before


async def test_a_bureau_learns_nothing_of_another_bureaus_work_order(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    before = harness.store.all

    in_its_own_name = update_message("WATER", issued, "completed")
    in_the_owners = update_message("WATER", issued, "completed", bureau="ROADS")

    for receipt in await harness.handle(in_its_own_name, in_the_owners):
        assert isinstance(receipt, UpdateRefused)
        assert receipt.data.code == "not_your_work_order"
        assert receipt.data.bureau == "WATER"
        assert (receipt.data.case_id, receipt.data.version) == (None, None)
        assert receipt.correlationid is None
    assert harness.store.all == before


async def test_what_a_bureau_said_is_kept_with_what_became_of_it(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()
    good = update_message("ROADS", issued, "acknowledged", internal_note="Crew 7")
    bad = on_topic("ROADS", WorkOrderUpdated(id="u-2", source="/system", time=NOON, data=None))

    await harness.handle(good, bad)

    stored = harness.store.updates[MessageKey(good.event.source, good.event.id, "ROADS")]
    assert isinstance(stored.parsed, BureauUpdate)
    assert (stored.parsed.internal_note, stored.changed, stored.refused_as) == (
        "Crew 7",
        True,
        None,
    )
    unread = harness.store.updates[MessageKey("/system", "u-2", "ROADS")]
    assert (unread.parsed, unread.changed, unread.refused_as) == (None, False, "invalid")


async def test_internal_notes_are_published_to_nobody(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(
        update_message("ROADS", issued, "acknowledged", internal_note="Crew 7")
    )

    assert not any("Crew 7" in event.model_dump_json() for event in events)


async def test_a_decision_that_the_catalogue_does_not_cover_spoils_its_batch(
    harness: DispatchHarness,
) -> None:
    with pytest.raises(NotInCatalogueError):
        await harness.handle(triaged(), triaged(service_code="UNICORN"))
    assert not harness.store.all
