import pytest

from shared.contract.events import (
    CaseOpened,
    CasePriorityRaised,
    CaseRequestAttached,
    Duplicate,
    UpdateAccepted,
    WorkOrderChanged,
    WorkOrderIssued,
    new_id,
)
from tests.support.dispatch.factories import (
    harbour_request,
    triaged,
    update_message,
)
from tests.unit.dispatch.harness import DispatchHarness, of_type


async def test_a_new_problem_opens_a_case_and_issues_work_to_each_bureau(
    harness: DispatchHarness,
) -> None:
    decided = triaged(of=harbour_request(service_code="SINKHOLE"), level="P1", score=80)

    opened, lead, informed = await harness.handle(decided)

    assert isinstance(opened, CaseOpened)
    assert (opened.data.case_id, opened.data.version) == (decided.data.case_id, 1)
    assert (opened.data.status, opened.data.lead_bureau) == ("open", "DESK")
    assert opened.data.request_id == decided.data.request_id
    assert isinstance(lead, WorkOrderIssued)
    assert isinstance(informed, WorkOrderIssued)
    assert [(e.data.bureau, e.data.role, e.data.version) for e in (lead, informed)] == [
        ("DESK", "lead", 1),
        ("WATER", "informed", 1),
    ]
    assert lead.data.case_version == 1
    assert lead.data.service_name == "Sinkhole"
    assert lead.data.notes == ("Call the owner of the main",)
    assert {e.causationid for e in (opened, lead, informed)} == {decided.id}
    assert {e.correlationid for e in (opened, lead, informed)} == {decided.data.request_id}


@pytest.mark.parametrize("outcome", ["referral", "answered"])
async def test_a_request_without_a_case_is_nobodys_work_here(
    harness: DispatchHarness, outcome: str
) -> None:
    assert await harness.handle(triaged(outcome=outcome).model_copy()) != []
    decided = triaged(outcome=outcome)
    caseless = decided.model_copy(
        update={"data": decided.data.model_copy(update={"case_id": None})}
    )

    assert await DispatchHarness().handle(caseless) == []


async def test_a_duplicate_joins_its_case_and_every_bureau_hears_of_it(
    harness: DispatchHarness,
) -> None:
    orders = await harness.open_case("SINKHOLE", "P1")
    again = triaged(orders[0].case_id, "P1", 80, outcome="duplicate")

    attached, *sent = await harness.handle(again)

    assert isinstance(attached, CaseRequestAttached)
    assert (attached.data.version, attached.data.request_count) == (2, 2)
    assert attached.data.request_id == again.data.request_id
    changed = of_type(WorkOrderChanged, sent)
    assert [(e.data.bureau, e.data.version, e.data.case_version) for e in changed] == [
        ("DESK", 2, 2),
        ("WATER", 2, 2),
    ]
    assert {e.data.request_count for e in changed} == {2}
    assert {e.data.first_reported_at for e in changed} == {attached.data.first_reported_at}


async def test_a_more_urgent_duplicate_raises_the_case(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(triaged(issued.case_id, "P2", 60))

    raised = of_type(CasePriorityRaised, events)[0].data
    assert (raised.version, raised.previous_level, raised.priority.level) == (3, "P4", "P2")
    sent = {e.data.bureau: e.data for e in of_type(WorkOrderChanged, events)}
    assert sent["ROADS"].priority.level == "P2"
    assert sent["ROADS"].due.complete_by < issued.due.complete_by
    [desk_order] = of_type(WorkOrderIssued, events)
    assert (desk_order.data.bureau, desk_order.data.role) == ("DESK", "informed")


async def test_a_request_counts_once_however_often_it_is_decided(harness: DispatchHarness) -> None:
    request = harbour_request()
    first = triaged(of=request)
    await harness.handle(first)

    assert await harness.handle(first, triaged(first.data.case_id, of=request)) == []
    assert await harness.handle(triaged(of=request)) == []
    assert [case.request_count for case in harness.store.all] == [1]


async def test_a_request_counts_once_within_a_batch(harness: DispatchHarness) -> None:
    decided = triaged()

    events = await harness.handle(decided, decided)

    assert len(of_type(CaseOpened, events)) == 1
    assert not of_type(CaseRequestAttached, events)


async def test_a_problem_that_came_back_names_the_case_that_it_had_before(
    harness: DispatchHarness,
) -> None:
    earlier = new_id()
    duplicate = Duplicate(of_case=earlier, of_request=new_id(), confidence=1, hours_apart=30)

    [opened, _] = await harness.handle(triaged(outcome="recurrence", duplicate=duplicate))

    assert isinstance(opened, CaseOpened)
    assert opened.data.linked_case == earlier


async def test_a_duplicate_of_a_case_that_is_not_here_opens_it(harness: DispatchHarness) -> None:
    [opened, _] = await harness.handle(triaged(outcome="duplicate"))

    assert isinstance(opened, CaseOpened)


async def test_a_bureau_hears_once_of_everything_that_a_batch_changes(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    later = [triaged(issued.case_id) for _ in range(3)]

    events = await harness.handle(*later, update_message("ROADS", issued, "acknowledged"))

    [sent] = of_type(WorkOrderChanged, events)
    assert (sent.data.version, sent.data.case_version) == (2, 5)
    assert (sent.data.status, sent.data.request_count) == ("acknowledged", 4)
    [receipt] = of_type(UpdateAccepted, events)
    assert receipt.data.version == sent.data.version


async def test_a_case_opened_and_joined_in_one_batch_is_told_as_one(
    harness: DispatchHarness,
) -> None:
    case_id = new_id()

    events = await harness.handle(triaged(case_id), triaged(case_id))

    [issued] = of_type(WorkOrderIssued, events)
    assert (issued.data.version, issued.data.case_version, issued.data.request_count) == (1, 2, 2)
