from dataclasses import replace

import pytest

from services.dispatch.rules.case import Case, CasePriority
from services.dispatch.rules.case_changes import Opened, PriorityRaised, RequestAttached
from services.dispatch.rules.case_requests import attach, open_case
from services.dispatch.rules.deadlines import DeadlinePolicy, Deadlines, WorkOrderDeadline
from services.dispatch.rules.routing import Assignment, CaseRoute
from shared.vocabulary import CaseStatus
from tests.support.builders import NOON
from tests.support.dispatch.factories import (
    HOUR,
    OPEN_TIME,
    case,
    case_priority,
    incoming,
    order,
    problem,
)

DESK_LEADS = CaseRoute(
    Assignment("DESK", "urgent-to-dispatch-desk"), (Assignment("WATER", "informs"),)
)


def after(opened: Case, **changes: object) -> Case:
    return attach(opened, incoming(**changes))[-1].case


def test_a_request_opens_a_case_with_a_work_order_for_each_bureau_of_its_route() -> None:
    new = incoming(route=DESK_LEADS, priority=case_priority("P2", 60), linked_case="earlier")

    transition = open_case(new)

    opened = transition.case
    assert transition.change == Opened(new.request.request_id, new.request.tracking_number)
    assert (opened.case_id, opened.version, opened.status) == (new.request.case_id, 1, "open")
    assert (opened.request_count, opened.opened_by) == (1, new.request.request_id)
    assert opened.linked_case == "earlier"
    assert [(o.number, o.bureau, o.role, o.route_rule, o.status) for o in opened.orders] == [
        (1, "DESK", "lead", "urgent-to-dispatch-desk", "issued"),
        (2, "WATER", "informed", "informs", "issued"),
    ]
    assert {o.due for o in opened.orders} == {new.deadline_policy.due("P2")}
    assert len({o.work_order_id for o in opened.orders}) == 2
    assert {o.version for o in opened.orders} == {0}


def test_one_more_request_is_one_more_version_and_follower() -> None:
    opened = case()
    new = incoming(reported_at=NOON + HOUR)

    [transition] = attach(opened, new)

    assert transition.change == RequestAttached(new.request.request_id, new.request.tracking_number)
    assert transition.case == replace(
        opened, version=2, request_count=2, last_reported_at=NOON + HOUR
    )


def test_a_request_from_before_the_opening_moves_the_first_report_and_not_the_last() -> None:
    joined = after(case(), reported_at=NOON - HOUR)

    assert (joined.first_reported_at, joined.last_reported_at) == (NOON - HOUR, NOON)


def test_a_more_urgent_request_raises_the_case_in_a_version_of_its_own() -> None:
    opened = case(priority=case_priority("P4", 20))
    new = incoming(priority=case_priority("P2", 60, "swerving"))

    first, second = attach(opened, new)

    assert first.change == RequestAttached(new.request.request_id, new.request.tracking_number)
    assert (first.case.version, first.case.priority) == (2, case_priority("P4", 20))
    assert second.change == PriorityRaised("P4", new.request.request_id)
    assert (second.case.version, second.case.priority) == (3, case_priority("P2", 60, "swerving"))


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        pytest.param(case_priority("P3", 45), case_priority("P3", 45), id="a higher score"),
        pytest.param(case_priority("P3", 40, "x"), case_priority("P3", 42), id="a lower score"),
        pytest.param(case_priority("P3", 42, "x"), case_priority("P3", 42), id="the same score"),
        pytest.param(case_priority("P5", 90), case_priority("P3", 42), id="a lower level"),
    ],
)
def test_within_a_level_the_greater_score_counts_and_nothing_is_ever_lowered(
    later: CasePriority, kept: CasePriority
) -> None:
    [transition] = attach(case(priority=case_priority("P3", 42)), incoming(priority=later))

    assert transition.case.priority == kept


def test_a_raise_tightens_the_deadlines_of_work_that_is_not_over() -> None:
    policy = DeadlinePolicy(OPEN_TIME, "P4", 720, NOON + 2 * HOUR)
    due = DeadlinePolicy(OPEN_TIME, "P4", 720, NOON).due("P4")
    opened = case(
        order("ROADS", due=due, status="in_progress"),
        order("WATER", due=due, role="informed", status="completed"),
    )

    raised = after(opened, priority=case_priority("P1", 80), deadline_policy=policy)

    assert [o.due for o in raised.orders] == [policy.due("P1"), due]


def test_a_raise_while_the_clock_stands_still_counts_the_wait_from_the_raise() -> None:
    policy = DeadlinePolicy(OPEN_TIME, "P4", 720, NOON + 2 * HOUR)
    late, early = (
        Deadlines(WorkOrderDeadline(at, at), WorkOrderDeadline(at, at))
        for at in (NOON + 900 * HOUR, NOON + 2 * HOUR)
    )
    opened = case(
        order("ROADS", due=late, status="waiting_for_resident", waiting_since=NOON),
        order(
            "WATER", due=early, status="waiting_for_resident", waiting_since=NOON, role="informed"
        ),
    )

    raised = after(opened, priority=case_priority("P1", 80), deadline_policy=policy)

    assert [o.waiting_since for o in raised.orders] == [policy.since, NOON]


def test_a_raise_gives_nobody_more_time() -> None:
    due = DeadlinePolicy(OPEN_TIME, "P4", 2, NOON).due("P4")
    opened = case(order(due=due))

    raised = after(
        opened,
        priority=case_priority("P3", 40),
        deadline_policy=DeadlinePolicy(OPEN_TIME, "P4", 720, NOON + 9 * HOUR),
    )

    assert raised.orders[0].due == due


def test_a_request_brings_in_the_bureaus_that_have_no_part_yet() -> None:
    opened = case(order("ROADS"), order("WATER", role="informed"))

    joined = after(opened, route=DESK_LEADS, priority=case_priority("P2", 60))

    assert [(o.number, o.bureau, o.role, o.route_rule) for o in joined.orders[2:]] == [
        (3, "DESK", "informed", "urgent-to-dispatch-desk")
    ]
    assert joined.orders[2].due == incoming().deadline_policy.due("P2")
    assert joined.lead.bureau == "ROADS"


@pytest.mark.parametrize("status", ["completed", "declined", "referred"])
def test_a_closed_case_takes_a_late_request_and_gives_out_no_work(status: CaseStatus) -> None:
    done = case(order(status="completed"), status=status, closed_at=NOON + HOUR)

    first, second = attach(done, incoming(route=DESK_LEADS, priority=case_priority("P1", 80)))

    assert (first.case.status, second.case.status) == (status, status)
    assert second.case.priority == case_priority("P1", 80)
    assert second.case.orders == done.orders


def summary(of: Case) -> str:
    return of.problem.summary


def test_the_summary_is_that_of_the_most_urgent_request_and_of_equal_ones_the_earlier() -> None:
    opened = open_case(incoming(priority=case_priority("P4", 20))).case

    urgent = after(opened, priority=case_priority("P2", 60), problem=problem(summary="It sparks"))
    equal = after(urgent, priority=case_priority("P2", 60), problem=problem(summary="Sparks here"))
    milder = after(equal, priority=case_priority("P3", 40), problem=problem(summary="Is it fixed?"))

    assert [summary(one) for one in (opened, urgent, equal, milder)] == [
        "Deep hole",
        "It sparks",
        "It sparks",
        "It sparks",
    ]
    assert milder.problem.attributes == opened.problem.attributes


def test_a_level_that_an_operator_set_does_not_hide_a_more_urgent_report() -> None:
    opened = open_case(incoming(priority=case_priority("P4", 20))).case
    raised = replace(opened, priority=case_priority("P1", 90))

    found = after(raised, priority=case_priority("P2", 60), problem=problem(summary="It sparks"))

    assert (summary(found), found.priority.level) == ("It sparks", "P1")
