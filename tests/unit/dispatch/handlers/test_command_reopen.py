from datetime import timedelta

from shared.contract.events import (
    CaseClosed,
    CaseReopened,
    CaseStatusChanged,
    WorkOrderChanged,
    WorkOrderIssued,
)
from tests.support.dispatch.factories import command_message, update_message
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type


async def test_a_reopened_case_issues_a_new_work_order_to_its_lead(
    harness: DispatchHarness,
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")
    await harness.handle(update_message("DESK", lead, "completed"))

    reopened, *sent = await harness.handle(command_message("reopen", lead.case_id))

    assert isinstance(reopened, CaseReopened)
    assert (reopened.data.status, reopened.data.previous_status) == ("open", "completed")
    [issued] = of_type(WorkOrderIssued, sent)
    assert (issued.data.bureau, issued.data.role, issued.data.status) == ("DESK", "lead", "issued")
    assert issued.data.due.complete_by == NOW + timedelta(hours=2)
    [still] = of_type(WorkOrderChanged, sent)
    assert still.data.work_order_id == informed.work_order_id
    moved = of_type(
        CaseStatusChanged, await harness.handle(update_message("DESK", issued.data, "in_progress"))
    )
    assert moved[0].data.status == "in_progress"


async def test_a_reopened_case_is_given_away_by_its_new_work_order(
    harness: DispatchHarness,
) -> None:
    [lead] = await harness.open_case("POTHOLE", "P4")
    await harness.handle(update_message("ROADS", lead, "completed"))
    _, issued = await harness.handle(command_message("reopen", lead.case_id))

    _, given, taken = await harness.handle(
        command_message("transfer", lead.case_id, bureau="PARKS")
    )

    assert given.data.work_order_id == issued.data.work_order_id != lead.work_order_id
    assert (given.data.status, taken.data.bureau) == ("transferred", "PARKS")


async def test_whoever_had_to_stop_is_asked_again_when_a_case_is_reopened(
    harness: DispatchHarness,
) -> None:
    lead, _ = await harness.open_case("SINKHOLE", "P1")
    await harness.handle(command_message("close", lead.case_id))

    _, *sent = await harness.handle(command_message("reopen", lead.case_id))

    assert [(e.data.bureau, e.data.role) for e in of_type(WorkOrderIssued, sent)] == [
        ("DESK", "lead"),
        ("WATER", "informed"),
    ]


async def test_a_lead_that_got_other_work_on_the_case_leads_with_that(
    harness: DispatchHarness,
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")
    await harness.handle(update_message("DESK", lead, "completed"))
    given = await harness.handle(
        update_message("WATER", informed, "transferred", transfer_to="DESK")
    )
    [got] = of_type(WorkOrderIssued, given)

    _, *sent = await harness.handle(command_message("reopen", lead.case_id))

    assert of_type(WorkOrderIssued, sent) == []
    [leads] = [e.data for e in of_type(WorkOrderChanged, sent) if e.data.bureau == "DESK"]
    assert (leads.work_order_id, leads.role) == (got.data.work_order_id, "lead")


async def test_who_led_a_case_last_is_told_though_others_got_work_later(
    harness: DispatchHarness,
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")
    await harness.handle(update_message("WATER", informed, "transferred", transfer_to="FIRE"))
    await harness.handle(update_message("DESK", lead, "transferred", transfer_to="PARKS"))
    await harness.handle(command_message("transfer", lead.case_id, bureau="FIRE"))

    closed, *_ = await harness.handle(command_message("close", lead.case_id))

    assert isinstance(closed, CaseClosed)
    assert closed.data.lead_bureau == "FIRE"
