"""Four eyes: what waits for a second person, whoever gives the command and however."""

from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.handlers.incoming import on_approval_refused, on_command_calls
from services.dispatch.rules.four_eyes import MAX_CLOSINGS, Oversight
from shared.contract.events import (
    CaseApprovalRefused,
    CaseApprovalRequested,
    CaseClosed,
    CaseErasureOrdered,
    CasePriorityLowered,
    OperatorCommanded,
    new_id,
)
from tests.support.builders import operator_commanded
from tests.support.dispatch.factories import CITY, POLICY, command_message
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type

RULES: Any = frozenset({"lower_p1", "close_many", "erasure"})
CAREFUL = replace(
    POLICY,
    catalogue=replace(POLICY.catalogue, jurisdictions={CITY.id: replace(CITY, four_eyes=RULES)}),
)


@pytest.fixture
def desk() -> DispatchHarness:
    return DispatchHarness(CAREFUL)


async def given(
    desk: DispatchHarness, commands: list[OperatorCommanded], oversight: Oversight
) -> list[Any]:
    outcomes, _ = await on_command_calls(commands, desk.store, CAREFUL, NOW, oversight)
    return list(outcomes)


def command(name: str, case_id: str, **changes: Any) -> OperatorCommanded:
    data = {"command": name, "case_id": case_id, "actor": "Kim", "reason": "Storm"} | changes
    return operator_commanded(data=data)


async def test_lowering_a_p1_waits_until_another_person_approves(desk: DispatchHarness) -> None:
    await desk.open_case("SINKHOLE", "P1")
    case_id = desk.store.all[0].case_id

    waits, *_ = await desk.handle(command_message("lower_priority", case_id, level="P4"))

    [waiting] = desk.store.waiting
    assert isinstance(waits, CaseApprovalRequested)
    assert (waits.data.rule, waits.data.command) == ("lower_p1", "lower_priority")
    assert (waits.data.priority.level, desk.store.all[0].priority.level) == ("P1", "P1")
    assert waits.data.approval_id == waiting.approval_id
    assert (waiting.actor, waiting.data["level"]) == ("kim", "P4")

    [events] = await given(
        desk, [operator_commanded(data=waiting.data)], Oversight(approved_by="Lee")
    )
    assert of_type(CasePriorityLowered, events)
    entry = next(e for e in desk.store.history if e.what == "priority_lowered")
    assert (entry.by, entry.note) == (
        "operator:kim",
        "Reason: As the photo shows\nApproved by: Lee",
    )


async def test_an_erasure_waits_and_is_ordered_for_one_request_of_a_closed_case_too(
    desk: DispatchHarness,
) -> None:
    await desk.open_case()
    [case] = desk.store.all
    await desk.handle(command_message("close", case.case_id))
    erase = command_message("erase_contact", case.case_id, request_id=case.opened_by)

    waits, *_ = await desk.handle(erase)

    [waiting] = desk.store.waiting
    assert isinstance(waits, CaseApprovalRequested)
    assert (waits.data.rule, waits.data.command) == ("erasure", "erase_contact")
    [events] = await given(
        desk, [operator_commanded(data=waiting.data)], Oversight(approved_by="Lee")
    )
    [ordered] = of_type(CaseErasureOrdered, events)
    assert ordered.data.request_id == case.opened_by
    assert desk.store.history[-1].note == "Reason: As the photo shows\nApproved by: Lee"


async def test_what_would_be_refused_anyway_does_not_wait(desk: DispatchHarness) -> None:
    await desk.open_case("SINKHOLE", "P1")
    case_id = desk.store.all[0].case_id
    too_high = command_message("lower_priority", case_id, level="P1")

    assert await desk.refusal_codes(too_high) == ["cannot_lower"]
    assert desk.store.waiting == []


async def test_other_levels_and_other_commands_do_not_wait(desk: DispatchHarness) -> None:
    await desk.open_case("POTHOLE", "P2")
    case_id = desk.store.all[0].case_id
    await desk.handle(command_message("lower_priority", case_id, level="P4"))
    await desk.handle(command_message("raise_priority", case_id, level="P1"))
    await desk.handle(command_message("close", case_id))

    assert desk.store.waiting == []
    assert desk.store.all[0].is_closed


async def test_more_closings_at_once_than_twenty_wait_as_a_whole(desk: DispatchHarness) -> None:
    for _ in range(MAX_CLOSINGS + 1):
        await desk.open_case()
    commands = [command("close", case.case_id) for case in desk.store.all]
    few = await given(desk, commands[:1], Oversight(at_once=MAX_CLOSINGS))
    assert of_type(CaseClosed, few[0])

    outcomes = await given(desk, commands[1:], Oversight(len(commands), new_id()))

    assert [type(event) for events in outcomes for event in events] == (
        [CaseApprovalRequested] * MAX_CLOSINGS
    )
    assert len({one.approval_id for one in desk.store.waiting}) == 1
    refused, produced = await on_approval_refused(desk.store.waiting, "Lee", desk.store, NOW)
    assert [type(event) for events in refused for event in events] == (
        [CaseApprovalRefused] * MAX_CLOSINGS
    )
    assert len(produced) == 2 * MAX_CLOSINGS
    assert sum(case.is_closed for case in desk.store.all) == 1
    assert {e.by for e in desk.store.history if e.what == "approval_refused"} == {"operator:Lee"}
