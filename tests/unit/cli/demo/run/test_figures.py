"""What the facts add up to."""

from datetime import UTC, datetime

import pytest

from cli.demo.run.figures import cases_of, delay_of, requests_of, seconds_to_bureau, told
from cli.demo.scenario import Report
from tests.unit.cli.demo.factories import Router

DAY = datetime(2026, 3, 3, tzinfo=UTC)


def report(id_: str) -> Report:
    return Report("/adapters/test", id_, DAY, DAY, {})


@pytest.fixture
def router() -> Router:
    return Router()


def test_half_and_nearly_all_are_measured_from_acceptance_to_the_bureau(router: Router) -> None:
    for number in range(1, 101):
        made = router.accepts("/adapters/test", str(number), lane="express")
        router.opens(made, seconds=number / 10)
    delay = delay_of(router.facts, "express")
    assert delay is not None
    assert (delay.count, delay.median_s, delay.p99_s, delay.worst_s) == (100, 5.0, 9.9, 10.0)


def test_lanes_are_measured_apart_and_an_unused_one_not_at_all(router: Router) -> None:
    router.opens(router.accepts("/adapters/test", "1", lane="express"), seconds=1)
    assert delay_of(router.facts, "standard") is None
    router.opens(router.accepts("/adapters/test", "2", lane="standard"), seconds=3)
    found = delay_of(router.facts, "standard")
    assert found is not None
    assert (found.count, found.worst_s) == (1, 3.0)


def test_the_first_reporter_of_a_problem_starts_its_clock(router: Router) -> None:
    order = router.opens(router.accepts("/adapters/test", "1", lane="standard"), seconds=2)
    router.merges(router.accepts("/adapters/test", "2", lane="express"), order)
    lead = router.facts.leads[order.case_id]
    assert seconds_to_bureau(router.facts, lead, "standard") == 2.0
    assert seconds_to_bureau(router.facts, lead, "express") is None


def test_a_story_is_found_again_by_the_ids_of_its_reports(router: Router) -> None:
    first = router.accepts("/adapters/test", "a")
    order = router.opens(first)
    second = router.accepts("/adapters/test", "b")
    router.merges(second, order)
    router.accepts("/adapters/test", "other")
    found = requests_of(router.facts, [report("a"), report("b"), report("never answered")])
    assert found == [first.request_id, second.request_id]
    assert cases_of(router.facts, found) == [order.case_id]


def test_a_reporter_counts_once_as_told_however_many_messages_went_out(router: Router) -> None:
    first, second = (router.accepts("/adapters/test", id_) for id_ in "ab")
    router.tells(first)
    router.tells(first, template="completed")
    assert told(router.facts, [first.request_id, second.request_id]) == 1
