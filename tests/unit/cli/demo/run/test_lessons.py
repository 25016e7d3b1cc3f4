"""Facts: each event counts once, and the latest state of a thing is what it is."""

from cli.demo.run.facts import Facts
from cli.demo.run.lessons import learn
from shared.contract.events import (
    CaseOpened,
    CasePriorityRaised,
    CaseRaise,
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
from tests.builders import (
    NOON,
    case_with_request,
    contact_given,
    decision,
    priority,
    request_triaged,
)
from tests.unit.cli.demo.factories import notification, work_order


def test_an_event_that_comes_again_changes_nothing() -> None:
    facts = Facts()
    state = case_with_request()
    for _ in range(2):
        learn(facts, CaseOpened.of(state, now=NOON), NOON)
    assert facts.followers == {state.case_id: [state.request_id]}
    assert list(facts.cases) == [state.case_id]


def test_the_first_decision_about_a_request_is_its_only_one() -> None:
    facts = Facts()
    first = decision(outcome="new")
    learn(facts, request_triaged(first), NOON)
    learn(
        facts, RequestTriaged.of(first.model_copy(update={"outcome": "referral"}), now=NOON), NOON
    )
    assert facts.decisions[first.request_id].outcome == "new"


def test_an_older_version_of_a_work_order_does_not_come_back() -> None:
    facts = Facts()
    order = work_order()
    newer = order.model_copy(update={"version": 2, "status": "acknowledged"})
    learn(facts, WorkOrderChanged.of(newer, now=NOON), NOON)
    learn(facts, WorkOrderIssued.of(order, now=NOON), NOON)
    assert facts.orders[order.work_order_id].status == "acknowledged"


def test_the_first_lead_of_a_case_is_remembered_when_another_takes_over() -> None:
    facts = Facts()
    first = work_order()
    second = work_order(case_id=first.case_id, bureau="IRP")
    informed = work_order(case_id=first.case_id, role="informed")
    for order in (informed, first, second):
        learn(facts, WorkOrderIssued.of(order, now=NOON), NOON)
    assert facts.leads[first.case_id].order == first
    assert len(facts.orders) == 3


def test_a_rise_changes_the_case_and_is_remembered() -> None:
    facts = Facts()
    opened = case_with_request()
    learn(facts, CaseOpened.of(opened, now=NOON), NOON)
    rise = CaseRaise(
        **opened.model_dump(exclude={"version", "priority"}),
        version=2,
        priority=priority("P1", 80),
        previous_level="P3",
    )
    for _ in range(2):
        learn(facts, CasePriorityRaised.of(rise, now=NOON), NOON)
    assert facts.cases[opened.case_id].priority.level == "P1"
    assert facts.raised == [rise]


def test_refused_updates_and_unsent_messages_keep_their_reason() -> None:
    facts = Facts()
    receipt = UpdateReceipt(
        update_id="u", update_source="/b", bureau="IRP", changed=False, code="version_conflict"
    )
    learn(facts, UpdateRefused.of(receipt, now=NOON), NOON)
    unsent = notification(reason="channel_not_available")
    learn(facts, NotificationSuppressed.of(unsent, now=NOON), NOON)
    assert [refused.code for refused in facts.refused] == ["version_conflict"]
    assert facts.undelivered == {"channel_not_available": 1}


def test_a_surge_is_kept_as_it_began_and_as_it_was_when_it_was_over() -> None:
    facts = Facts()
    began, over = surge(count=10), surge(count=14)
    for _ in range(2):
        learn(facts, SurgeStarted.of(began, now=NOON), NOON)
        learn(facts, SurgeEnded.of(over, now=NOON), NOON)
    assert (facts.surges, facts.surges_over) == ({"s": began}, {"s": over})


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
    facts = Facts()
    learn(facts, contact_given("r"), NOON)
    assert facts == Facts()
