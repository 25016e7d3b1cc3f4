import pytest

from shared.contract.events import Decision, Emergency, RequestTriaged
from shared.contract.routes import routes
from shared.contract.topics import TRIAGE_DECISIONS, TRIAGE_DECISIONS_EXPRESS
from tests.support.builders import decision, priority, request, request_triaged


def topics_of(event: RequestTriaged) -> set[str]:
    return {topic for topic, _ in routes(event)}


@pytest.mark.parametrize(
    "urgent",
    [
        pytest.param(decision(request(lane="express")), id="screened by intake"),
        pytest.param(decision(priority=priority("P1", 80)), id="found by triage alone"),
        pytest.param(
            decision(emergency=Emergency(code="fire", evidence="fire")), id="a danger to life"
        ),
    ],
)
def test_an_urgent_decision_goes_to_both_topics_under_one_key(urgent: Decision) -> None:
    event = request_triaged(urgent)

    assert topics_of(event) == {TRIAGE_DECISIONS.name, TRIAGE_DECISIONS_EXPRESS.name}
    assert {key for _, key in routes(event)} == {event.data.case_id}


def test_a_routine_decision_goes_to_one() -> None:
    assert topics_of(request_triaged(priority=priority("P3", 40))) == {TRIAGE_DECISIONS.name}


def test_the_two_topics_of_decisions_have_equal_partitions() -> None:
    assert TRIAGE_DECISIONS.partitions == TRIAGE_DECISIONS_EXPRESS.partitions
