"""Residents' answers: the first NO after each closing reopens the case, every other is a note."""

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.records.changes import CaseHistoryEntry
from services.dispatch.unit_of_work import UnknownRequestError
from shared.contract.events import (
    CaseReopened,
    FeedbackGiven,
    WorkOrderChanged,
    WorkOrderIssued,
    new_id,
)
from tests.support.builders import feedback_given
from tests.support.dispatch.factories import command_message, update_message
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type

DAY = timedelta(days=1)


async def completed(harness: DispatchHarness) -> tuple[Any, str]:
    """A closed case; return its work order and the id of its request."""
    [order] = await harness.open_case()
    await harness.handle(update_message("ROADS", order, "completed", at=NOW))
    [request_id] = harness.store.requests
    return order, request_id


def said(request_id: str, case_id: str, **changes: Any) -> FeedbackGiven:
    return feedback_given(request_id, case_id, **({"at": NOW + DAY} | changes))


def answers_in(harness: DispatchHarness) -> list[CaseHistoryEntry]:
    return [entry for entry in harness.store.history if entry.what.startswith("said_")]


async def test_the_first_no_reopens_and_the_second_is_a_note(harness: DispatchHarness) -> None:
    order, request_id = await completed(harness)
    first = said(request_id, order.case_id, comment="Half filled")
    events = await harness.handle(first, first)
    later = await harness.handle(said(request_id, order.case_id))

    [reopened] = of_type(CaseReopened, events)
    assert (reopened.data.status, reopened.data.reason) == ("open", "resident_says_not_fixed")
    assert reopened.causationid == first.id
    [issued] = of_type(WorkOrderIssued, events)
    assert (issued.data.bureau, issued.data.route_rule) == ("ROADS", "reopened-by-resident")
    assert issued.data.notes[-1] == "A resident says that it is not fixed: Half filled"
    assert of_type(CaseReopened, later) == []
    [told] = of_type(WorkOrderChanged, later)
    assert told.data.work_order_id == issued.data.work_order_id
    assert told.data.notes[-1] == "A resident says that it is not fixed."
    assert [entry.what for entry in answers_in(harness)] == ["said_not_fixed"] * 2


async def test_the_first_no_after_each_closing_reopens(harness: DispatchHarness) -> None:
    order, request_id = await completed(harness)
    [issued] = of_type(WorkOrderIssued, await harness.handle(said(request_id, order.case_id)))
    await harness.handle(update_message("ROADS", issued.data, "completed", at=NOW))
    again = await harness.handle(said(request_id, order.case_id))

    assert len(of_type(CaseReopened, again)) == 1


@pytest.mark.parametrize(
    ("at", "is_reopened"),
    [
        (NOW, True),
        (NOW + 30 * DAY, True),
        (NOW + 30 * DAY + timedelta(seconds=1), False),
        (NOW - timedelta(seconds=1), False),
    ],
)
async def test_a_no_counts_from_the_closing_on_for_thirty_days(
    harness: DispatchHarness, at: Any, *, is_reopened: bool
) -> None:
    order, request_id = await completed(harness)
    events = await harness.handle(said(request_id, order.case_id, at=at))

    assert bool(of_type(CaseReopened, events)) == is_reopened
    [case] = harness.store.all
    assert case.notes[-1].text == "A resident says that it is not fixed."


async def test_a_yes_is_history_alone(harness: DispatchHarness) -> None:
    order, request_id = await completed(harness)

    assert await harness.handle(said(request_id, order.case_id, fixed=True)) == []
    [entry] = answers_in(harness)
    assert (entry.by, entry.what) == ("resident", "said_fixed")


@pytest.mark.parametrize("status", ["declined", "referred"])
async def test_what_was_never_done_is_not_reopened_by_a_no(
    harness: DispatchHarness, status: str
) -> None:
    [order] = await harness.open_case()
    await harness.handle(command_message("close", order.case_id, status=status))
    [request_id] = harness.store.requests

    assert of_type(CaseReopened, await harness.handle(said(request_id, order.case_id))) == []


async def test_an_answer_about_a_merged_case_is_about_the_one_that_has_the_request(
    harness: DispatchHarness,
) -> None:
    order, request_id = await completed(harness)
    [into] = await harness.open_case()
    await harness.handle(command_message("reopen", order.case_id))
    await harness.handle(command_message("merge_case", order.case_id, into_case=into.case_id))
    await harness.handle(update_message("ROADS", into, "completed", at=NOW))
    [reopened] = of_type(CaseReopened, await harness.handle(said(request_id, order.case_id)))

    assert reopened.data.case_id == into.case_id


async def test_an_answer_about_an_unknown_request_is_parked(harness: DispatchHarness) -> None:
    with pytest.raises(UnknownRequestError):
        await harness.handle(said(new_id(), new_id()))
