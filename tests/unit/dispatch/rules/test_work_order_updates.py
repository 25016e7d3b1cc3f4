from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from services.dispatch.rules.case import Case
from services.dispatch.rules.case_changes import Closed, StatusChanged
from services.dispatch.rules.deadlines import Deadlines, WorkOrderDeadline
from services.dispatch.rules.work_order_updates import (
    Reassignment,
    apply_status,
    time_of_change,
    transfer_order,
)
from shared.vocabulary import CaseStatus, UpdateStatus, WorkOrderStatus
from tests.support.builders import NOON
from tests.support.dispatch.factories import DUE, HOUR, case, order, update

SEEN_SOON = WorkOrderDeadline(NOON, NOON + HOUR)
NEW_ORDER = Reassignment("new-order", SEEN_SOON)


@pytest.mark.parametrize(
    ("reported", "status"),
    [
        ("acknowledged", "acknowledged"),
        ("scheduled", "scheduled"),
        ("in_progress", "in_progress"),
        ("waiting_for_resident", "waiting_for_resident"),
    ],
)
def test_a_case_follows_its_lead(reported: UpdateStatus, status: CaseStatus) -> None:
    opened = case(order("ROADS"), order("WATER", role="informed"))
    message = update(opened.lead, reported, public_note="Tuesday", scheduled_for=NOON)

    moved, change = apply_status(opened, opened.lead, message, NOON)

    date = NOON if reported == "scheduled" else None
    assert (moved.version, moved.status, moved.lead.status) == (2, status, reported)
    assert moved.lead.scheduled_for == date
    assert change == StatusChanged(
        "open", "ROADS", "Tuesday", date, previous_lead="ROADS", at=message.at
    )
    assert moved.orders[1] == opened.orders[1]


@pytest.mark.parametrize("ending", ["completed", "declined"])
def test_a_lead_that_ends_its_work_closes_the_case_and_leaves_the_others_theirs(
    ending: UpdateStatus,
) -> None:
    opened = case(
        order("ROADS", status="in_progress"),
        order("WATER", role="informed"),
        status="in_progress",
    )
    message = update(opened.lead, ending, public_note="Filled", reason="why", at=NOON + HOUR)

    closed, change = apply_status(opened, opened.lead, message, NOON + 2 * HOUR)

    assert (closed.version, closed.status, closed.closed_at) == (2, ending, NOON + HOUR)
    assert change == Closed("in_progress", "ROADS", "Filled", "why", NOON + HOUR)
    assert closed.orders[1] == opened.orders[1]


@pytest.mark.parametrize("reported", [s for s in get_args(UpdateStatus) if s != "transferred"])
def test_an_informed_bureau_moves_its_own_work_and_nothing_else(reported: UpdateStatus) -> None:
    opened = case(order("ROADS"), order("WATER", role="informed"))
    informed = opened.orders[1]

    moved, change = apply_status(opened, informed, update(informed, reported), NOON)

    assert change is None
    assert moved == opened.with_order(replace(informed, status=reported))


def test_a_bureaus_own_number_stays_when_a_later_update_names_none() -> None:
    opened = case()
    named, _ = apply_status(
        opened, opened.lead, update(opened.lead, "acknowledged", external_id="9"), NOON
    )

    moved, _ = apply_status(named, named.lead, update(named.lead, "in_progress"), NOON)

    assert moved.lead.external_id == "9"


@pytest.mark.parametrize(
    ("said_at", "closed_at"),
    [
        pytest.param(NOON + HOUR, NOON + HOUR, id="what the bureau says"),
        pytest.param(NOON + 3 * HOUR, NOON + 3 * HOUR, id="an hour ahead of our clock"),
        pytest.param(NOON + 3 * HOUR + timedelta(seconds=1), NOON + 2 * HOUR, id="more than that"),
        pytest.param(NOON - HOUR, NOON, id="before anybody reported it"),
    ],
)
def test_work_ends_when_the_bureau_says_unless_that_cannot_be(said_at: Any, closed_at: Any) -> None:
    assert time_of_change(said_at, NOON, now=NOON + 2 * HOUR) == closed_at


def after_transfer(of: Case, bureau: str, to: str) -> Case:
    given = of.latest_of(bureau)
    assert given is not None
    message = update(given, "transferred", transfer_to=to)
    after, _ = transfer_order(of, given, message, to, NEW_ORDER)
    return after


def test_a_transferred_case_opens_anew_with_a_work_order_for_the_new_lead() -> None:
    opened = case(order("ROADS", status="in_progress"), status="in_progress", version=4)
    message = update(opened.lead, "transferred", transfer_to="WATER", public_note="It is a main")

    after, change = transfer_order(opened, opened.lead, message, "WATER", NEW_ORDER)

    given, taken = after.orders
    assert change == StatusChanged(
        "in_progress", "ROADS", "It is a main", None, previous_lead="ROADS"
    )
    assert (after.version, after.status) == (5, "open")
    assert (given.bureau, given.status) == ("ROADS", "transferred")
    assert after.lead == taken
    assert (taken.work_order_id, taken.number, taken.bureau) == ("new-order", 2, "WATER")
    assert (taken.role, taken.status, taken.version) == ("lead", "issued", 0)
    assert taken.route_rule == "transferred-by-bureau"
    assert taken.due == replace(DUE, acknowledge=SEEN_SOON)


@pytest.mark.parametrize(
    ("stands_at", "case_is", "due"),
    [
        ("issued", "open", replace(DUE, acknowledge=SEEN_SOON)),
        ("acknowledged", "acknowledged", DUE),
        ("in_progress", "in_progress", DUE),
    ],
)
def test_an_informed_bureau_takes_the_lead_with_the_work_order_that_it_has(
    stands_at: WorkOrderStatus, case_is: CaseStatus, due: Deadlines
) -> None:
    opened = case(order("ROADS"), order("WATER", role="informed", status=stands_at))

    after = after_transfer(opened, "ROADS", "WATER")

    assert after.status == case_is
    assert after.lead == replace(opened.orders[1], role="lead", due=due)
    assert len(after.orders) == 2


def test_a_declined_lead_keeps_its_status_and_the_next_lead_has_its_own_time() -> None:
    opened = case(order("ROADS", status="acknowledged"), status="acknowledged")
    message = update(opened.lead, "declined", reason="A private road", public_note="Not ours")

    after, change = transfer_order(opened, opened.lead, message, "DESK", NEW_ORDER)

    given, taken = after.orders
    assert change == StatusChanged("acknowledged", "ROADS", "Not ours", None, previous_lead="ROADS")
    assert (after.version, after.status, after.closed_at) == (2, "open", None)
    assert (given.status, taken.bureau, taken.role) == ("declined", "DESK", "lead")
    assert (taken.route_rule, taken.due.acknowledge) == ("declined-by-bureau", SEEN_SOON)


def test_a_bureau_that_was_done_gets_a_new_work_order() -> None:
    opened = case(order("ROADS"), order("WATER", role="informed", status="completed"))

    after = after_transfer(opened, "ROADS", "WATER")

    assert [(o.bureau, o.role, o.status) for o in after.orders] == [
        ("ROADS", "lead", "transferred"),
        ("WATER", "informed", "completed"),
        ("WATER", "lead", "issued"),
    ]


def test_work_can_come_back_to_the_bureau_that_gave_it_away() -> None:
    given = after_transfer(case(order("ROADS")), "ROADS", "WATER")
    back = after_transfer(given, "WATER", "ROADS")

    assert back.lead.bureau == "ROADS"
    assert back.lead == back.latest_of("ROADS") == back.orders[2]


def test_an_informed_bureau_hands_its_own_part_on_and_the_case_stays() -> None:
    opened = case(order("ROADS", status="in_progress"), order("WATER", role="informed"))

    after = after_transfer(opened, "WATER", "DESK")

    assert (after.version, after.status, after.lead) == (1, "open", opened.lead)
    assert [(o.bureau, o.role, o.status) for o in after.orders[1:]] == [
        ("WATER", "informed", "transferred"),
        ("DESK", "informed", "issued"),
    ]


def test_an_informed_bureau_that_hands_over_to_another_makes_it_no_lead() -> None:
    opened = case(order("ROADS"), order("WATER", role="informed"), order("DESK", role="informed"))

    after = after_transfer(opened, "WATER", "DESK")

    assert after.lead == opened.lead
    assert after.orders[2] == opened.orders[2]


def test_an_informed_bureau_that_hands_over_to_the_lead_leaves_the_lead_as_it_is() -> None:
    opened = case(order("ROADS", status="in_progress"), order("WATER", role="informed"))

    after = after_transfer(opened, "WATER", "ROADS")

    assert after.lead == opened.lead
    assert len(after.orders) == 2
