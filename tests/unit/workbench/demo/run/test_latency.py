"""Latency from acceptance to the leading bureau."""

import pytest

from tests.unit.workbench.demo.factories import Router
from workbench.demo.run.latency import latency_stats, seconds_to_bureau


@pytest.fixture
def router() -> Router:
    return Router()


def test_half_and_nearly_all_are_measured_from_acceptance_to_the_bureau(router: Router) -> None:
    for number in range(1, 101):
        made = router.accepts("/adapters/test", str(number), lane="express")
        router.opens(made, seconds=number / 10)
    stats = latency_stats(router.seen, "express")
    assert stats is not None
    assert (stats.count, stats.median_s, stats.p99_s, stats.max_s) == (100, 5.0, 9.9, 10.0)


def test_lanes_are_measured_apart_and_an_unused_one_not_at_all(router: Router) -> None:
    router.opens(router.accepts("/adapters/test", "1", lane="express"), seconds=1)
    assert latency_stats(router.seen, "standard") is None
    router.opens(router.accepts("/adapters/test", "2", lane="standard"), seconds=3)
    found = latency_stats(router.seen, "standard")
    assert found is not None
    assert (found.count, found.max_s) == (1, 3.0)


def test_the_first_reporter_of_a_problem_starts_its_clock(router: Router) -> None:
    order = router.opens(router.accepts("/adapters/test", "1", lane="standard"), seconds=2)
    router.merges(router.accepts("/adapters/test", "2", lane="express"), order)
    lead = router.seen.leads[order.case_id]
    assert seconds_to_bureau(router.seen, lead, "standard") == 2.0
    assert seconds_to_bureau(router.seen, lead, "express") is None
