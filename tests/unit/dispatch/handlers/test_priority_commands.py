from datetime import timedelta
from typing import Any

import pytest

from shared.contract.events import (
    CasePriorityLowered,
    CasePriorityRaised,
    CaseRequestAttached,
    Priority,
    PriorityReason,
    WorkOrderChanged,
)
from tests.support.dispatch.factories import (
    command_message,
    harbour_request,
    triaged,
)
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type


def urgent(code: str, points: int = 80) -> Priority:
    return Priority(level="P1", score=points, reasons=(PriorityReason(code=code, points=points),))


async def test_an_operator_lowers_a_case_and_every_bureau_hears_of_it(
    harness: DispatchHarness,
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")
    command = command_message("lower_priority", lead.case_id, level="P3", reason="Barriers are up")

    lowered, *sent = await harness.handle(command)

    assert isinstance(lowered, CasePriorityLowered)
    assert (lowered.data.version, lowered.data.previous_level) == (2, "P1")
    assert lowered.data.reason == "Barriers are up"
    priority = lowered.data.priority
    assert (priority.level, priority.score) == ("P3", 40)
    assert priority.reasons[-1].code == "lowered_by_operator"
    assert lowered.causationid == command.event.id
    assert [(e.data.bureau, e.data.version) for e in of_type(WorkOrderChanged, sent)] == [
        ("DESK", 2),
        ("WATER", 2),
    ]
    assert {e.data.priority.level for e in sent} == {"P3"}
    assert sent[0].data.due.acknowledge_by > lead.due.acknowledge_by
    assert sent[1].data.due.acknowledge_by > informed.due.acknowledge_by


@pytest.mark.parametrize(
    ("level", "reason", "raised"),
    [
        pytest.param("P2", "swerving", False, id="less urgent than what was known"),
        pytest.param("P1", "base", True, id="more urgent than what was known"),
        pytest.param("P2", "gas", True, id="for a reason that was not known"),
    ],
)
async def test_a_later_report_undoes_a_lowering_only_with_something_new(
    harness: DispatchHarness, level: Any, reason: str, raised: bool
) -> None:
    known = Priority(
        level="P2",
        score=60,
        reasons=(
            PriorityReason(code="base", points=20),
            PriorityReason(code="swerving", points=40),
        ),
    )
    first = triaged(of=harbour_request(), priority=known)
    await harness.handle(first)
    case_id = first.data.case_id or ""
    await harness.handle(command_message("lower_priority", case_id, level="P4"))
    score = 80 if level == "P1" else 60
    priority = Priority(
        level=level, score=score, reasons=(PriorityReason(code=reason, points=score),)
    )

    events = await harness.handle(triaged(case_id, priority=priority))

    [joined] = of_type(CaseRequestAttached, events)
    assert joined.data.request_count == 2
    assert bool(of_type(CasePriorityRaised, events)) == raised
    assert harness.store.all[0].priority.level == (level if raised else "P4")


async def test_what_was_raised_again_is_as_any_other_case(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case("POTHOLE", "P4")
    await harness.handle(command_message("lower_priority", issued.case_id, level="P5"))
    await harness.handle(triaged(issued.case_id, priority=urgent("gas")))

    assert harness.store.all[0].lowered_from is None
    assert harness.store.all[0].priority.level == "P1"


async def test_an_operator_raises_a_case_and_its_deadlines_tighten(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case("POTHOLE", "P4")

    raised, sent = await harness.handle(
        command_message("raise_priority", issued.case_id, level="P2")
    )

    assert isinstance(raised, CasePriorityRaised)
    assert (raised.data.previous_level, raised.data.request_id) == ("P4", None)
    assert sum(p.points for p in raised.data.priority.reasons) + 20 == raised.data.priority.score
    assert sent.data.priority.level == "P2"
    assert sent.data.due.complete_by == NOW + timedelta(hours=24)
