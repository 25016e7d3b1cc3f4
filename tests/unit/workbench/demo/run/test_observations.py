"""Observations: each event counts once, and the latest version of each state wins."""

import pytest

from shared.contract.events import (
    CaseOpened,
    CasePriorityRaise,
    CasePriorityRaised,
    NotificationSuppressed,
    RequestTriaged,
    Surge,
    SurgeEnded,
    SurgeStarted,
    UpdateReceipt,
    UpdateRefused,
    WorkOrderChanged,
    WorkOrderIssued,
)
from tests.support.builders import (
    NOON,
    case_with_request,
    contact_given,
    decision,
    priority,
    request_submitted,
    request_triaged,
)
from tests.unit.workbench.demo.factories import Router, notification, work_order
from workbench.demo.run.observations import Observations
from workbench.demo.scenario import DemoSubmission


def test_an_event_that_comes_again_changes_nothing() -> None:
    seen = Observations()
    state = case_with_request()
    for _ in range(2):
        seen.record(CaseOpened.of(state, now=NOON), NOON)
    assert seen.requests_of_case == {state.case_id: [state.request_id]}
    assert list(seen.cases) == [state.case_id]


def test_the_first_decision_about_a_request_is_its_only_one() -> None:
    seen = Observations()
    first = decision(outcome="new")
    seen.record(request_triaged(first), NOON)
    seen.record(RequestTriaged.of(first.model_copy(update={"outcome": "referral"}), now=NOON), NOON)
    assert seen.decisions[first.request_id].outcome == "new"


def test_an_older_version_of_a_work_order_does_not_come_back() -> None:
    seen = Observations()
    order = work_order()
    newer = order.model_copy(update={"version": 2, "status": "acknowledged"})
    seen.record(WorkOrderChanged.of(newer, now=NOON), NOON)
    seen.record(WorkOrderIssued.of(order, now=NOON), NOON)
    assert seen.orders[order.work_order_id].status == "acknowledged"


def test_the_first_lead_of_a_case_is_remembered_when_another_takes_over() -> None:
    seen = Observations()
    first = work_order()
    second = work_order(case_id=first.case_id, bureau="IRP")
    informed = work_order(case_id=first.case_id, role="informed")
    for order in (informed, first, second):
        seen.record(WorkOrderIssued.of(order, now=NOON), NOON)
    assert seen.leads[first.case_id].order == first
    assert len(seen.orders) == 3


def test_a_rise_changes_the_case_and_is_remembered() -> None:
    seen = Observations()
    opened = case_with_request()
    seen.record(CaseOpened.of(opened, now=NOON), NOON)
    rise = CasePriorityRaise(
        **opened.model_dump(exclude={"version", "priority"}),
        version=2,
        priority=priority("P1", 80),
        previous_level="P3",
    )
    for _ in range(2):
        seen.record(CasePriorityRaised.of(rise, now=NOON), NOON)
    assert seen.cases[opened.case_id].priority.level == "P1"
    assert seen.raised == [rise]


def test_refused_updates_and_unsent_messages_keep_their_reason() -> None:
    seen = Observations()
    receipt = UpdateReceipt(
        update_id="u", update_source="/b", bureau="IRP", changed=False, code="version_conflict"
    )
    seen.record(UpdateRefused.of(receipt, now=NOON), NOON)
    unsent = notification(reason="no_channel")
    seen.record(NotificationSuppressed.of(unsent, now=NOON), NOON)
    assert [refused.code for refused in seen.refused_updates] == ["version_conflict"]
    assert seen.unsent == {"no_channel": 1}


def test_a_surge_is_kept_as_it_began_and_as_it_was_when_it_was_over() -> None:
    seen = Observations()
    began, over = surge(count=10), surge(count=14)
    for _ in range(2):
        seen.record(SurgeStarted.of(began, now=NOON), NOON)
        seen.record(SurgeEnded.of(over, now=NOON), NOON)
    assert (seen.surges, seen.surges_over) == ({"s": began}, {"s": over})


def surge(count: int) -> Surge:
    return Surge(
        surge_id="s",
        jurisdiction="portland.gov",
        dedup_group="wire",
        district="N",
        window_start=NOON,
        window_end=NOON,
        count=count,
        expected=1.0,
    )


def test_what_the_demo_has_no_use_for_is_passed_over() -> None:
    seen = Observations()
    seen.record(contact_given("r"), NOON)
    assert seen == Observations()


def test_a_story_is_found_again_by_the_ids_of_its_reports() -> None:
    router = Router()
    first = router.accepts("/adapters/test", "a")
    order = router.opens(first)
    second = router.accepts("/adapters/test", "b")
    router.merges(second, order)
    router.accepts("/adapters/test", "other")
    found = router.seen.requests_from([report("a"), report("b"), report("never answered")])
    assert found == [first.request_id, second.request_id]
    assert router.seen.cases_of(found) == [order.case_id]


def test_a_reporter_counts_once_as_told_however_many_messages_went_out() -> None:
    router = Router()
    first, second = (router.accepts("/adapters/test", id_) for id_ in "ab")
    router.tells(first)
    router.tells(first, template="completed")
    assert router.seen.notified([first.request_id, second.request_id]) == 1


def report(id_: str) -> DemoSubmission:
    return DemoSubmission("/adapters/test", id_, NOON, NOON, {})


@pytest.mark.parametrize("answer_first", [True, False])
@pytest.mark.parametrize("name", ["26-7KQ4-M2", "req_7k4m92hdx"])
def test_the_name_in_an_answer_finds_its_request(name: str, answer_first: bool) -> None:
    seen, event = Observations(), request_submitted(public_id="req_7k4m92hdx")
    assert event.data.tracking_number == "26-7KQ4-M2"
    if answer_first:
        seen.accept_name("/http/demo", "17", name)
        assert seen.receipts == 0
    seen.record(event, NOON)
    if not answer_first:
        assert seen.receipts == 0
        seen.accept_name("/http/demo", "17", name)

    assert seen.receipts == 1
    assert seen.accepted["/http/demo", "17"].request_id == event.data.request_id


def test_a_message_finds_the_request_that_it_causes() -> None:
    seen, event = Observations(), request_submitted().model_copy(update={"causationid": "SM17"})
    seen.expect_message("SM17", "/sms", "17")
    assert seen.receipts == 0
    for one in (event, request_submitted()):
        seen.record(one, NOON)

    assert list(seen.accepted) == [("/sms", "17")]
    assert seen.accepted["/sms", "17"].request_id == event.data.request_id
