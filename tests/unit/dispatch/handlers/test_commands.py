from typing import Any

import pytest

from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityRaised,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseStatusChanged,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderWithdrawn,
)
from tests.support.builders import NOON
from tests.support.dispatch.factories import (
    HOUR,
    command_message,
    harbour_request,
    triaged,
    update_message,
)
from tests.unit.dispatch.harness import DispatchHarness, of_type


async def two_reports(harness: DispatchHarness, **second: Any) -> tuple[str, str, str]:
    """Return a case and the two requests in it."""
    kind = "SINKHOLE"
    [lead, *_] = await harness.open_case(kind, "P3")
    later = triaged(
        lead.case_id,
        "P3",
        40,
        of=harbour_request(service_code=kind, submitted_at=NOON + HOUR, **second),
        service_code=kind,
    )
    await harness.handle(later)
    one, other = (r for r, case_id in harness.store.requests.items() if case_id == lead.case_id)
    return lead.case_id, one, other


async def test_a_split_request_gets_a_case_of_its_own_with_work_for_its_bureaus(
    harness: DispatchHarness,
) -> None:
    case_id, _, later = await two_reports(harness, description="A second hole")
    command = command_message("split_request", case_id, request_id=later)

    split, opened, *sent = await harness.handle(command)

    assert isinstance(split, CaseRequestSplit)
    assert isinstance(opened, CaseOpened)
    new_case = opened.data.case_id
    assert (split.data.case_id, split.data.version, split.data.request_count) == (case_id, 3, 1)
    assert (split.data.request_id, split.data.to_case) == (later, new_case)
    assert (split.data.opened_by, split.data.moves) == (None, 1)
    assert (opened.data.request_id, opened.data.version) == (later, 1)
    assert (opened.data.linked_case, opened.data.moved_from) == (case_id, case_id)
    assert {e.causationid for e in (split, opened, *sent)} == {command.event.id}
    issued = of_type(WorkOrderIssued, sent)
    assert [(e.data.bureau, e.data.case_id) for e in issued] == [
        ("DESK", new_case),
        ("WATER", new_case),
    ]
    assert {e.data.summary for e in issued} == {"A second hole"}
    assert {e.data.request_count for e in of_type(WorkOrderChanged, sent)} == {1}
    assert harness.store.requests[later] == new_case


async def test_a_case_whose_first_request_was_split_off_stands_for_the_other(
    harness: DispatchHarness,
) -> None:
    case_id, first, later = await two_reports(harness, description="A second hole")

    split, _, *sent = await harness.handle(
        command_message("split_request", case_id, request_id=first)
    )

    assert split.data.opened_by == later
    changed = of_type(WorkOrderChanged, sent)
    assert {e.data.summary for e in changed} == {"A second hole"}
    assert {e.data.first_reported_at for e in changed} == {NOON + HOUR}
    [left, _] = harness.store.all
    assert (left.opened_by, left.request_count) == (later, 1)


async def test_a_repeated_decision_does_not_bring_a_split_request_back(
    harness: DispatchHarness,
) -> None:
    [lead, *_] = await harness.open_case("SINKHOLE", "P3")
    later = triaged(lead.case_id, "P3", 40, service_code="SINKHOLE")
    await harness.handle(later)
    request_id = later.data.request_id
    await harness.handle(command_message("split_request", lead.case_id, request_id=request_id))

    assert await harness.handle(later) == []
    assert harness.store.requests[request_id] != lead.case_id


async def test_a_merged_case_gives_all_its_requests_away_and_ends(harness: DispatchHarness) -> None:
    [kept] = await harness.open_case("POTHOLE", "P4")
    case_id, first, later = await two_reports(harness)
    command = command_message("merge_case", case_id, into_case=kept.case_id)

    events = await harness.handle(command)

    *joined, closed = [event for event in events if event.type.startswith("route311.case")]
    attached = of_type(CaseRequestAttached, joined)
    assert [e.data.request_id for e in attached] == [first, later]
    assert {(e.data.moved_from, e.data.moves) for e in attached} == {(case_id, 1)}
    assert of_type(CasePriorityRaised, joined)[0].data.priority.level == "P3"
    assert [e.data.version for e in joined] == [2, 3, 4]
    assert isinstance(closed, CaseClosed)
    assert (closed.data.status, closed.data.reason) == ("referred", "merged")
    assert (closed.data.merged_into, closed.data.request_count) == (kept.case_id, 0)
    assert set(harness.store.requests.values()) == {kept.case_id}
    assert len(harness.store.requests) == 3


async def test_the_bureaus_of_a_merged_case_stop_and_those_of_the_other_hear_of_it(
    harness: DispatchHarness,
) -> None:
    [kept] = await harness.open_case("POTHOLE", "P4")
    case_id, *_ = await two_reports(harness)

    sent = await harness.handle(command_message("merge_case", case_id, into_case=kept.case_id))

    withdrawn = of_type(WorkOrderWithdrawn, sent)
    assert {(e.data.bureau, e.data.case_id) for e in withdrawn} == {
        ("DESK", case_id),
        ("WATER", case_id),
    }
    [changed] = of_type(WorkOrderChanged, sent)
    assert (changed.data.bureau, changed.data.request_count) == ("ROADS", 3)
    informed = of_type(WorkOrderIssued, sent)
    assert {(e.data.bureau, e.data.role) for e in informed} == {
        ("DESK", "informed"),
        ("WATER", "informed"),
    }


async def test_a_request_decided_to_a_merged_case_joins_the_one_that_goes_on(
    harness: DispatchHarness,
) -> None:
    [last] = await harness.open_case()
    [middle] = await harness.open_case()
    [first] = await harness.open_case()
    await harness.handle(command_message("merge_case", first.case_id, into_case=middle.case_id))
    await harness.handle(command_message("merge_case", middle.case_id, into_case=last.case_id))

    [attached, _] = await harness.handle(triaged(first.case_id))

    assert isinstance(attached, CaseRequestAttached)
    assert (attached.data.case_id, attached.data.request_count) == (last.case_id, 4)
    assert (attached.data.moved_from, attached.data.moves) == (None, 0)


async def test_a_merge_keeps_what_operators_knew(harness: DispatchHarness) -> None:
    [kept], [gone] = (
        await harness.open_case("POTHOLE", "P4"),
        await harness.open_case("POTHOLE", "P3"),
    )
    await harness.handle(command_message("lower_priority", gone.case_id, level="P5"))
    await harness.handle(command_message("merge_case", gone.case_id, into_case=kept.case_id))

    await harness.handle(triaged(kept.case_id, "P3", 40))

    assert harness.store.all[0].priority.level == "P4"


async def test_merged_cases_can_be_split_again_and_split_ones_merged_again(
    harness: DispatchHarness,
) -> None:
    case_id, _, later = await two_reports(harness)
    _, opened, *_ = await harness.handle(
        command_message("split_request", case_id, request_id=later)
    )
    await harness.handle(command_message("merge_case", opened.data.case_id, into_case=case_id))

    split, again, *_ = await harness.handle(
        command_message("split_request", case_id, request_id=later)
    )

    assert (split.data.moves, again.data.moves) == (3, 3)
    assert again.data.case_id != opened.data.case_id


async def test_an_operator_gives_a_case_to_another_bureau(harness: DispatchHarness) -> None:
    [lead] = await harness.open_case("POTHOLE", "P4")
    await harness.handle(update_message("ROADS", lead, "in_progress"))

    moved, *sent = await harness.handle(command_message("transfer", lead.case_id, bureau="PARKS"))

    assert isinstance(moved, CaseStatusChanged)
    assert (moved.data.lead_bureau, moved.data.bureau) == ("PARKS", None)
    assert (moved.data.previous_status, moved.data.status) == ("in_progress", "open")
    assert [(e.data.bureau, e.data.status, e.data.role) for e in sent] == [
        ("ROADS", "transferred", "lead"),
        ("PARKS", "issued", "lead"),
    ]


@pytest.mark.parametrize("status", [None, "completed", "declined", "referred"])
async def test_an_operator_closes_a_case_and_its_bureaus_stop(
    harness: DispatchHarness, status: Any
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")
    changes = {"status": status, "reason": "Not there", "time": (NOON + HOUR / 2).isoformat()}

    closed, *sent = await harness.handle(command_message("close", lead.case_id, **changes))

    assert isinstance(closed, CaseClosed)
    assert closed.data.status == (status or "declined")
    assert (closed.data.reason, closed.data.merged_into) == ("Not there", None)
    assert closed.data.closed_at == NOON + HOUR / 2
    assert [e.data.work_order_id for e in of_type(WorkOrderWithdrawn, sent)] == [
        lead.work_order_id,
        informed.work_order_id,
    ]
    [refused] = await harness.handle(update_message("DESK", lead, "completed"))
    assert refused.data.code == "transition_not_allowed"
