"""Bureau simulator: one update after the other for each order; one bureau stays silent."""

import pytest

from shared.contract.events import WorkOrder, WorkOrderUpdate
from tests.support.builders import NOON, priority
from tests.unit.workbench.demo.factories import work_order
from workbench.demo.run.bureaus import (
    CONFUSED,
    MANY_REPORTS,
    SILENT,
    TRANSFERS_FROM,
    TRANSFERS_TO,
    BureauSimulator,
)
from workbench.demo.scenario.randomness import seeded_random

BUREAU = "PBOT-MAINT"


@pytest.fixture
def bureaus() -> BureauSimulator:
    return BureauSimulator(seeded_random(1, "test"))


def updated(order: WorkOrder, update: WorkOrderUpdate) -> WorkOrder:
    """Return the work order as the router publishes it after an update."""
    return order.model_copy(update={"status": update.status, "version": order.version + 1})


def test_a_lead_says_at_once_that_it_has_seen_its_work(bureaus: BureauSimulator) -> None:
    order = work_order(bureau=BUREAU)
    (update,) = bureaus.receive(order, NOON)
    assert (update.work_order_id, update.bureau) == (order.work_order_id, BUREAU)
    assert update.status == "acknowledged"


def test_the_silent_bureau_says_nothing_ever(bureaus: BureauSimulator) -> None:
    order = work_order(bureau=SILENT, priority=priority("P1", 90))
    assert bureaus.receive(order, NOON) == []
    assert bureaus.start_work(NOON) == []
    assert bureaus.unfinished == 0


def test_being_told_twice_makes_no_second_update(bureaus: BureauSimulator) -> None:
    order = work_order(bureau=BUREAU)
    assert bureaus.receive(order, NOON)
    assert bureaus.receive(order, NOON) == []
    assert bureaus.receive(order.model_copy(update={"version": 2}), NOON) == []


def test_an_older_state_of_a_work_order_is_nothing_to_go_by(bureaus: BureauSimulator) -> None:
    order = work_order(bureau=BUREAU, priority=priority("P1", 90))
    (seen,) = bureaus.receive(order, NOON)
    for state in (updated(order, seen), order):
        assert bureaus.receive(state, NOON) == []
    assert [update.status for update in bureaus.start_work(NOON)] == ["in_progress"]


@pytest.mark.parametrize("is_at_work", [False, True])
def test_work_that_went_to_another_bureau_is_not_waited_for(
    bureaus: BureauSimulator, is_at_work: bool
) -> None:
    order = work_order(bureau=BUREAU, priority=priority("P1", 90))
    bureaus.receive(order, NOON)
    if is_at_work:
        bureaus.start_work(NOON)

    gone = order.model_copy(update={"status": "withdrawn", "version": 2})
    assert bureaus.receive(gone, NOON) == []
    if not is_at_work:
        assert bureaus.start_work(NOON) == []
    assert bureaus.unfinished == 0


def test_nothing_is_done_before_work_begins_and_no_step_before_the_last_one_counts(
    bureaus: BureauSimulator,
) -> None:
    order = work_order(bureau=BUREAU, priority=priority("P1", 90))
    (seen,) = bureaus.receive(order, NOON)
    assert bureaus.start_work(NOON) == []
    (begun,) = bureaus.receive(updated(order, seen), NOON)
    assert begun.status == "in_progress"
    assert bureaus.unfinished == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"priority": priority("P2", 60)}, id="urgent"),
        pytest.param({"request_count": MANY_REPORTS}, id="often reported"),
    ],
)
def test_what_is_urgent_or_often_reported_is_done_today(
    bureaus: BureauSimulator, changes: dict[str, object]
) -> None:
    order = work_order(bureau=BUREAU, **changes)
    said = bureaus.receive(order, NOON)
    bureaus.start_work(NOON)
    statuses = []
    while said:
        statuses.append(said[0].status)
        order = updated(order, said[0])
        said = bureaus.receive(order, NOON)
    assert statuses == ["acknowledged", "in_progress", "completed"]
    assert bureaus.unfinished == 0


def test_every_course_of_routine_work_is_taken_by_some(bureaus: BureauSimulator) -> None:
    orders = [work_order(bureau=BUREAU) for _ in range(120)]
    seen = {o.work_order_id: updated(o, u) for o in orders for u in bureaus.receive(o, NOON)}
    for order in seen.values():
        bureaus.receive(order, NOON)
    first = bureaus.start_work(NOON)
    assert {update.status for update in first} == {"scheduled", "in_progress", "declined"}
    assert len(first) < len(orders)
    assert all(update.reason for update in first if update.status == "declined")
    assert all(update.scheduled_for for update in first if update.status == "scheduled")


def test_what_a_bureau_declined_the_next_lead_declines_for_good(bureaus: BureauSimulator) -> None:
    bureaus.start_work(NOON)
    order = work_order(bureau="311-TRIAGE", route_rule="declined-by-bureau")
    (update,) = bureaus.receive(order, NOON)
    assert update.status == "declined"
    assert update.reason


def test_informed_bureaus_look_mostly_and_do_nothing(bureaus: BureauSimulator) -> None:
    orders = [work_order(bureau="PPB", role="informed") for _ in range(100)]
    looks = sum(bool(bureaus.receive(order, NOON)) for order in orders)
    assert 50 < looks < 90
    assert bureaus.start_work(NOON) == []


def test_one_bureau_answers_once_with_a_version_that_never_was(bureaus: BureauSimulator) -> None:
    first = bureaus.receive(work_order(bureau=CONFUSED), NOON)
    second = bureaus.receive(work_order(bureau=CONFUSED), NOON)
    assert [update.expected_version for update in (*first, *second)] == [99, None, None]


def test_one_piece_of_work_is_given_to_another_bureau(bureaus: BureauSimulator) -> None:
    orders = [work_order(bureau=TRANSFERS_FROM) for _ in range(3)]
    for order in orders:
        (seen,) = bureaus.receive(order, NOON)
        bureaus.receive(updated(order, seen), NOON)
    given = [u for u in bureaus.start_work(NOON) if u.status == "transferred"]
    assert [update.transfer_to for update in given] == [TRANSFERS_TO]
