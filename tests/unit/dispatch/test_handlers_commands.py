from datetime import timedelta
from typing import Any

import pytest

from shared.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseStatusChanged,
    Priority,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderWithdrawn,
    new_id,
)
from shared.events import Point as WirePoint
from shared.runtime.records import Outgoing
from tests.builders import NOON
from tests.unit.dispatch.desk import NOW, Desk, of_type
from tests.unit.dispatch.makers import HOUR, in_harbour, ordered, said, triaged

NOBODY = new_id()


def urgent(code: str, points: int = 80) -> Priority:
    return Priority(level="P1", score=points, reasons=(WirePoint(code=code, points=points),))


async def two_reports(desk: Desk, **second: Any) -> tuple[str, str, str]:
    """Return a case and the two requests in it."""
    kind = "SINKHOLE"
    [lead, *_] = await desk.open(kind, "P3")
    later = triaged(
        lead.case_id,
        "P3",
        40,
        of=in_harbour(service_code=kind, submitted_at=NOON + HOUR, **second),
        service_code=kind,
    )
    await desk.take(later)
    one, other = (r for r, case_id in desk.cases.requests.items() if case_id == lead.case_id)
    return lead.case_id, one, other


async def test_an_operator_lowers_a_case_and_every_bureau_hears_of_it(desk: Desk) -> None:
    lead, informed = await desk.open("SINKHOLE", "P1")
    command = ordered("lower_priority", lead.case_id, level="P3", reason="Barriers are up")

    lowered, *told = await desk.take(command)

    assert isinstance(lowered, CasePriorityLowered)
    assert (lowered.data.version, lowered.data.previous_level) == (2, "P1")
    assert lowered.data.reason == "Barriers are up"
    priority = lowered.data.priority
    assert (priority.level, priority.score) == ("P3", 40)
    assert priority.reasons[-1].code == "lowered_by_operator"
    assert lowered.causationid == command.event.id
    assert [(e.data.bureau, e.data.version) for e in of_type(WorkOrderChanged, told)] == [
        ("DESK", 2),
        ("WATER", 2),
    ]
    assert {e.data.priority.level for e in told} == {"P3"}
    assert told[0].data.due.complete_by > lead.due.complete_by
    assert told[1].data.due.acknowledge_by > informed.due.acknowledge_by


@pytest.mark.parametrize(
    ("level", "reason", "raised"),
    [
        pytest.param("P2", "swerving", False, id="less urgent than what was known"),
        pytest.param("P1", "base", True, id="more urgent than what was known"),
        pytest.param("P2", "gas", True, id="for a reason that was not known"),
    ],
)
async def test_a_later_report_undoes_a_lowering_only_with_something_new(
    desk: Desk, level: Any, reason: str, raised: bool
) -> None:
    known = Priority(
        level="P2",
        score=60,
        reasons=(WirePoint(code="base", points=20), WirePoint(code="swerving", points=40)),
    )
    first = triaged(of=in_harbour(), priority=known)
    await desk.take(first)
    case_id = first.data.case_id or ""
    await desk.take(ordered("lower_priority", case_id, level="P4"))
    score = 80 if level == "P1" else 60
    priority = Priority(level=level, score=score, reasons=(WirePoint(code=reason, points=score),))

    events = await desk.take(triaged(case_id, priority=priority))

    [joined] = of_type(CaseRequestAttached, events)
    assert joined.data.request_count == 2
    assert bool(of_type(CasePriorityRaised, events)) == raised
    assert desk.cases.all[0].priority.level == (level if raised else "P4")


async def test_what_was_raised_again_is_as_any_other_case(desk: Desk) -> None:
    [issued] = await desk.open("POTHOLE", "P4")
    await desk.take(ordered("lower_priority", issued.case_id, level="P5"))
    await desk.take(triaged(issued.case_id, priority=urgent("gas")))

    assert desk.cases.all[0].operator_knew is None
    assert desk.cases.all[0].priority.level == "P1"


async def test_an_operator_raises_a_case_and_its_deadlines_tighten(desk: Desk) -> None:
    [issued] = await desk.open("POTHOLE", "P4")

    raised, told = await desk.take(ordered("raise_priority", issued.case_id, level="P2"))

    assert isinstance(raised, CasePriorityRaised)
    assert (raised.data.previous_level, raised.data.request_id) == ("P4", None)
    assert sum(p.points for p in raised.data.priority.reasons) + 20 == raised.data.priority.score
    assert told.data.priority.level == "P2"
    assert told.data.due.complete_by == NOW + timedelta(hours=24)


async def test_a_split_request_gets_a_case_of_its_own_with_work_for_its_bureaus(
    desk: Desk,
) -> None:
    case_id, _, later = await two_reports(desk, description="A second hole")
    command = ordered("split_request", case_id, request_id=later)

    split, opened, *told = await desk.take(command)

    assert isinstance(split, CaseRequestSplit)
    assert isinstance(opened, CaseOpened)
    new_case = opened.data.case_id
    assert (split.data.case_id, split.data.version, split.data.request_count) == (case_id, 3, 1)
    assert (split.data.request_id, split.data.to_case) == (later, new_case)
    assert (split.data.opened_by, split.data.moves) == (None, 1)
    assert (opened.data.request_id, opened.data.version) == (later, 1)
    assert (opened.data.linked_case, opened.data.moved_from) == (case_id, case_id)
    assert {e.causationid for e in (split, opened, *told)} == {command.event.id}
    issued = of_type(WorkOrderIssued, told)
    assert [(e.data.bureau, e.data.case_id) for e in issued] == [
        ("DESK", new_case),
        ("WATER", new_case),
    ]
    assert {e.data.summary for e in issued} == {"A second hole"}
    assert {e.data.request_count for e in of_type(WorkOrderChanged, told)} == {1}
    assert desk.cases.requests[later] == new_case


async def test_a_case_whose_first_request_was_split_off_stands_for_the_other(desk: Desk) -> None:
    case_id, first, later = await two_reports(desk, description="A second hole")

    split, _, *told = await desk.take(ordered("split_request", case_id, request_id=first))

    assert split.data.opened_by == later
    changed = of_type(WorkOrderChanged, told)
    assert {e.data.summary for e in changed} == {"A second hole"}
    assert {e.data.first_reported_at for e in changed} == {NOON + HOUR}
    [left, _] = desk.cases.all
    assert (left.opened_by, left.request_count) == (later, 1)


async def test_a_repeated_decision_does_not_bring_a_split_request_back(desk: Desk) -> None:
    [lead, *_] = await desk.open("SINKHOLE", "P3")
    later = triaged(lead.case_id, "P3", 40, service_code="SINKHOLE")
    await desk.take(later)
    request_id = later.data.request_id
    await desk.take(ordered("split_request", lead.case_id, request_id=request_id))

    assert await desk.take(later) == []
    assert desk.cases.requests[request_id] != lead.case_id


async def test_a_merged_case_gives_all_its_requests_away_and_ends(desk: Desk) -> None:
    [kept] = await desk.open("POTHOLE", "P4")
    case_id, first, later = await two_reports(desk)
    command = ordered("merge_case", case_id, into_case=kept.case_id)

    events = await desk.take(command)

    *joined, closed = [event for event in events if event.type.startswith("route311.case")]
    attached = of_type(CaseRequestAttached, joined)
    assert [e.data.request_id for e in attached] == [first, later]
    assert {(e.data.moved_from, e.data.moves) for e in attached} == {(case_id, 1)}
    assert of_type(CasePriorityRaised, joined)[0].data.priority.level == "P3"
    assert [e.data.version for e in joined] == [2, 3, 4]
    assert isinstance(closed, CaseClosed)
    assert (closed.data.status, closed.data.reason) == ("referred", "merged")
    assert (closed.data.merged_into, closed.data.request_count) == (kept.case_id, 0)
    assert set(desk.cases.requests.values()) == {kept.case_id}
    assert len(desk.cases.requests) == 3


async def test_the_bureaus_of_a_merged_case_stop_and_those_of_the_other_hear_of_it(
    desk: Desk,
) -> None:
    [kept] = await desk.open("POTHOLE", "P4")
    case_id, *_ = await two_reports(desk)

    told = await desk.take(ordered("merge_case", case_id, into_case=kept.case_id))

    withdrawn = of_type(WorkOrderWithdrawn, told)
    assert {(e.data.bureau, e.data.case_id) for e in withdrawn} == {
        ("DESK", case_id),
        ("WATER", case_id),
    }
    [changed] = of_type(WorkOrderChanged, told)
    assert (changed.data.bureau, changed.data.request_count) == ("ROADS", 3)
    informed = of_type(WorkOrderIssued, told)
    assert {(e.data.bureau, e.data.role) for e in informed} == {
        ("DESK", "informed"),
        ("WATER", "informed"),
    }


async def test_a_request_decided_to_a_merged_case_joins_the_one_that_goes_on(desk: Desk) -> None:
    [last] = await desk.open()
    [middle] = await desk.open()
    [first] = await desk.open()
    await desk.take(ordered("merge_case", first.case_id, into_case=middle.case_id))
    await desk.take(ordered("merge_case", middle.case_id, into_case=last.case_id))

    [attached, _] = await desk.take(triaged(first.case_id))

    assert isinstance(attached, CaseRequestAttached)
    assert (attached.data.case_id, attached.data.request_count) == (last.case_id, 4)
    assert (attached.data.moved_from, attached.data.moves) == (None, 0)


async def test_a_merge_keeps_what_operators_knew(desk: Desk) -> None:
    [kept], [gone] = await desk.open("POTHOLE", "P4"), await desk.open("POTHOLE", "P3")
    await desk.take(ordered("lower_priority", gone.case_id, level="P5"))
    await desk.take(ordered("merge_case", gone.case_id, into_case=kept.case_id))

    await desk.take(triaged(kept.case_id, "P3", 40))

    assert desk.cases.all[0].priority.level == "P4"


async def test_merged_cases_can_be_split_again_and_split_ones_merged_again(desk: Desk) -> None:
    case_id, _, later = await two_reports(desk)
    _, opened, *_ = await desk.take(ordered("split_request", case_id, request_id=later))
    await desk.take(ordered("merge_case", opened.data.case_id, into_case=case_id))

    split, again, *_ = await desk.take(ordered("split_request", case_id, request_id=later))

    assert (split.data.moves, again.data.moves) == (3, 3)
    assert again.data.case_id != opened.data.case_id


async def test_an_operator_gives_a_case_to_another_bureau(desk: Desk) -> None:
    [lead] = await desk.open("POTHOLE", "P4")
    await desk.take(said("ROADS", lead, "in_progress"))

    moved, *told = await desk.take(ordered("transfer", lead.case_id, bureau="PARKS"))

    assert isinstance(moved, CaseStatusChanged)
    assert (moved.data.lead_bureau, moved.data.bureau) == ("PARKS", None)
    assert (moved.data.previous_status, moved.data.status) == ("in_progress", "open")
    assert [(e.data.bureau, e.data.status, e.data.role) for e in told] == [
        ("ROADS", "transferred", "lead"),
        ("PARKS", "issued", "lead"),
    ]


@pytest.mark.parametrize("status", [None, "completed", "declined", "referred"])
async def test_an_operator_closes_a_case_and_its_bureaus_stop(desk: Desk, status: Any) -> None:
    lead, informed = await desk.open("SINKHOLE", "P1")
    changes = {"status": status, "reason": "Not there", "time": (NOON + HOUR / 2).isoformat()}

    closed, *told = await desk.take(ordered("close", lead.case_id, **changes))

    assert isinstance(closed, CaseClosed)
    assert closed.data.status == (status or "declined")
    assert (closed.data.reason, closed.data.merged_into) == ("Not there", None)
    assert closed.data.closed_at == NOON + HOUR / 2
    assert [e.data.work_order_id for e in of_type(WorkOrderWithdrawn, told)] == [
        lead.work_order_id,
        informed.work_order_id,
    ]
    [refused] = await desk.take(said("DESK", lead, "completed"))
    assert refused.data.code == "transition_not_allowed"


async def test_a_reopened_case_issues_a_new_work_order_to_its_lead(desk: Desk) -> None:
    lead, informed = await desk.open("SINKHOLE", "P1")
    await desk.take(said("DESK", lead, "completed"))

    reopened, *told = await desk.take(ordered("reopen", lead.case_id))

    assert isinstance(reopened, CaseReopened)
    assert (reopened.data.status, reopened.data.previous_status) == ("open", "completed")
    [issued] = of_type(WorkOrderIssued, told)
    assert (issued.data.bureau, issued.data.role, issued.data.status) == ("DESK", "lead", "issued")
    assert issued.data.due.complete_by == NOW + timedelta(hours=2)
    [still] = of_type(WorkOrderChanged, told)
    assert still.data.work_order_id == informed.work_order_id
    moved = of_type(CaseStatusChanged, await desk.take(said("DESK", issued.data, "in_progress")))
    assert moved[0].data.status == "in_progress"


async def test_a_reopened_case_is_given_away_by_its_new_work_order(desk: Desk) -> None:
    [lead] = await desk.open("POTHOLE", "P4")
    await desk.take(said("ROADS", lead, "completed"))
    _, issued = await desk.take(ordered("reopen", lead.case_id))

    _, given, taken = await desk.take(ordered("transfer", lead.case_id, bureau="PARKS"))

    assert given.data.work_order_id == issued.data.work_order_id != lead.work_order_id
    assert (given.data.status, taken.data.bureau) == ("transferred", "PARKS")


async def test_whoever_had_to_stop_is_asked_again_when_a_case_is_reopened(desk: Desk) -> None:
    lead, _ = await desk.open("SINKHOLE", "P1")
    await desk.take(ordered("close", lead.case_id))

    _, *told = await desk.take(ordered("reopen", lead.case_id))

    assert [(e.data.bureau, e.data.role) for e in of_type(WorkOrderIssued, told)] == [
        ("DESK", "lead"),
        ("WATER", "informed"),
    ]


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        pytest.param("close", {"actor": None}, "invalid", id="nobody orders it"),
        pytest.param("close", {"reason": None}, "invalid", id="without a reason"),
        pytest.param("close", {"reason": " \n"}, "invalid", id="a reason of nothing"),
        pytest.param("burn", {}, "invalid", id="no such command"),
        pytest.param("close", {"case_id": NOBODY}, "unknown_case", id="no such case"),
        pytest.param("close", {"case_id": "\x00"}, "unknown_case", id="no id at all"),
        pytest.param("lower_priority", {}, "missing_level", id="lower to nothing"),
        pytest.param("lower_priority", {"level": "P3"}, "cannot_lower", id="to what it is"),
        pytest.param("lower_priority", {"level": "P2"}, "cannot_lower", id="lower upwards"),
        pytest.param("raise_priority", {"level": "P3"}, "cannot_raise", id="raise to what it is"),
        pytest.param("raise_priority", {"level": "P4"}, "cannot_raise", id="raise downwards"),
        pytest.param("split_request", {}, "missing_request_id", id="split nothing"),
        pytest.param(
            "split_request", {"request_id": NOBODY}, "request_not_in_case", id="not in this case"
        ),
        pytest.param("merge_case", {}, "missing_into_case", id="merge into nothing"),
        pytest.param("merge_case", {"into_case": NOBODY}, "unknown_case", id="into no case"),
        pytest.param("transfer", {}, "missing_bureau", id="to nobody"),
        pytest.param("transfer", {"bureau": "MARS"}, "unknown_bureau", id="to no bureau"),
        pytest.param("transfer", {"bureau": "ROADS"}, "same_bureau", id="to who has it"),
        pytest.param("reopen", {}, "case_open", id="what is open"),
    ],
)
async def test_a_command_that_cannot_be_is_parked_with_the_reason_and_changes_nothing(
    desk: Desk, name: str, changes: dict[str, Any], code: str
) -> None:
    [lead] = await desk.open("POTHOLE", "P3")
    before = desk.cases.all
    command = ordered(name, **({"case_id": lead.case_id} | changes))

    [parked] = await desk.hear(command)

    assert isinstance(parked, Outgoing)
    headers = {name: value.decode() for name, value in parked.headers}
    assert parked.topic == "operator-commands-dlq"
    assert (headers["service"], headers["code"]) == ("dispatch", code)
    assert headers["reason"].endswith(".")
    assert (parked.key, parked.value) == (command.record.key, command.record.value)
    assert desk.cases.all == before


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lower_priority", {"level": "P5"}),
        ("raise_priority", {"level": "P1"}),
        ("transfer", {"bureau": "PARKS"}),
        ("merge_case", {}),
        ("close", {}),
    ],
)
async def test_what_only_an_open_case_can_have_is_refused_to_a_closed_one(
    desk: Desk, name: str, changes: dict[str, Any]
) -> None:
    [other] = await desk.open()
    [lead] = await desk.open("POTHOLE", "P3")
    await desk.take(ordered("close", lead.case_id))
    changes = {"into_case": other.case_id} | changes

    assert await desk.refused(ordered(name, lead.case_id, **changes)) == ["case_closed"]


async def test_what_cannot_be_merged_or_split_is_refused(desk: Desk) -> None:
    [one] = await desk.open()
    [park, *_] = await desk.open("CAMP", "P3", dedup_group="camp")
    [gone] = await desk.open()
    [only] = [r for r, case_id in desk.cases.requests.items() if case_id == one.case_id]
    await desk.take(ordered("merge_case", gone.case_id, into_case=one.case_id))
    case_id = one.case_id

    assert await desk.refused(
        ordered("merge_case", case_id, into_case=case_id),
        ordered("merge_case", case_id, into_case=park.case_id),
        ordered("merge_case", case_id, into_case=gone.case_id),
        ordered("reopen", gone.case_id),
        ordered("split_request", gone.case_id, request_id=only),
    ) == ["same_case", "other_group", "case_closed", "case_merged", "request_not_in_case"]


async def test_the_only_request_of_a_case_cannot_be_split_off(desk: Desk) -> None:
    [one] = await desk.open()
    [only] = desk.cases.requests

    command = ordered("split_request", one.case_id, request_id=only)

    assert await desk.refused(command) == ["only_request"]


async def test_a_command_counts_once_whatever_became_of_it(desk: Desk) -> None:
    [lead] = await desk.open("POTHOLE", "P3")
    refused = ordered("reopen", lead.case_id)
    close = ordered("close", lead.case_id)
    assert len(await desk.hear(refused, close, close, refused)) == 3

    assert await desk.hear(close, refused) == []


async def test_two_commands_of_one_id_by_different_sources_are_two(desk: Desk) -> None:
    [lead] = await desk.open("POTHOLE", "P3")
    changes: dict[str, Any] = {"level": "P2", "id": "1"}
    await desk.take(ordered("raise_priority", lead.case_id, **changes, source="/console"))

    second = ordered("raise_priority", lead.case_id, **(changes | {"level": "P1"}), source="/cli")

    assert of_type(CasePriorityRaised, await desk.take(second))


async def test_commands_of_a_batch_see_what_the_ones_before_them_did(desk: Desk) -> None:
    first = triaged(of=in_harbour())
    case_id = first.data.case_id or ""
    second = triaged(case_id)

    events = await desk.take(
        first,
        second,
        ordered("split_request", case_id, request_id=second.data.request_id),
        ordered("close", case_id),
        ordered("reopen", case_id),
    )

    assert [type(event) for event in events if event.type.startswith("route311.case")] == [
        CaseOpened,
        CaseRequestAttached,
        CaseRequestSplit,
        CaseOpened,
        CaseClosed,
        CaseReopened,
    ]
    assert len(desk.cases.requests) == len(set(desk.cases.requests.values())) == 2


async def test_a_kind_that_left_the_catalogue_is_refused_and_holds_nothing_up(desk: Desk) -> None:
    [lead] = await desk.open()
    desk.cases.rename_kind(lead.case_id, "UNICORN")
    command = ordered("raise_priority", lead.case_id, level="P1")

    assert await desk.refused(command) == ["not_in_catalogue"]


@pytest.mark.parametrize("time", [None, "yesterday", 7, "0001-01-01T00:00:00+14:00"])
async def test_a_command_that_does_not_say_when_was_given_now(desk: Desk, time: Any) -> None:
    [lead] = await desk.open()

    closed, *_ = await desk.take(ordered("close", lead.case_id, time=time))

    assert closed.data.closed_at == NOW
