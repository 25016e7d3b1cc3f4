from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy

import pytest
import pytest_asyncio

from tests.unit.workbench.check.history import History, broken, check_history
from tests.unit.workbench.check.valid_history import valid_history
from tests.unit.workbench.check.violations import (
    bureaus,
    forwards,
    insight,
    log,
    operators,
    people,
    reminders,
    requests,
    state,
    work,
)
from tests.unit.workbench.check.violations.registry import VIOLATIONS
from workbench.check.facts.store import open_store
from workbench.check.invariants import INVARIANTS
from workbench.check.report import InvariantResult, evaluate

assert all(
    (bureaus, forwards, insight, log, operators, people, reminders, requests, state, work)
)  # each registers its violations


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept() -> History:
    return await valid_history()


COUNTED_AGAIN = "I17"


@pytest.fixture
def history(kept: History) -> History:
    return deepcopy(kept)


def test_on_a_good_day_everything_holds(history: History) -> None:
    assert broken(history) == {}


def test_a_good_day_has_all_that_can_go_wrong(history: History) -> None:
    kinds = Counter(
        s.event["type"].split(".", 1)[1]
        for s in history.sent
        if s.service and s.value and b"specversion" in s.value
    )
    outcomes = {s.data["outcome"] for s in history.of("request.triaged")}

    assert outcomes == {
        "new",
        "duplicate",
        "possible_duplicate",
        "recurrence",
        "referral",
        "answered",
    }
    assert {
        "case.closed.v1",
        "case.overdue.v1",
        "case.priority_lowered.v1",
        "case.priority_raised.v1",
        "case.reopened.v1",
        "case.request_attached.v1",
        "case.request_split.v1",
        "case.status_changed.v1",
        "notification.sent.v1",
        "submission.rejected.v1",
        "work_order.changed.v1",
        "work_order.reminder.v1",
        "work_order.update_refused.v1",
        "work_order.withdrawn.v1",
    } <= kinds.keys()


def test_after_an_erasure_everything_holds(history: History) -> None:
    people.erase(history)

    assert broken(history) == {}


def test_repeats_change_nothing(history: History) -> None:
    for sent in history.sent:
        sent.copies = 1 if sent.service is None else 3

    assert broken(history) == {}


def test_without_any_facts_everything_holds() -> None:
    with open_store() as store:
        store.build_indexes()

        assert all(evaluate(invariant, store).holds for invariant in INVARIANTS)


@pytest.fixture(scope="module")
def judged(kept: History) -> Mapping[str, Sequence[InvariantResult]]:
    """Results of the check of each violation, by its name."""
    found = {}
    for name, _, violate in VIOLATIONS:
        history = deepcopy(kept)
        violate(history)
        found[name] = check_history(history)
    return found


@pytest.mark.parametrize(
    ("name", "invariant"), [pytest.param(n, i, id=f"{i}-{n}") for n, i, _ in VIOLATIONS]
)
def test_what_breaks_one_invariant_is_seen_by_that_one_alone(
    judged: Mapping[str, Sequence[InvariantResult]], name: str, invariant: str
) -> None:
    broken = [one.id for one in judged[name] if not one.holds]
    if invariant != COUNTED_AGAIN:  # it compares with tables that another one guards
        broken = [one for one in broken if one != COUNTED_AGAIN]
    assert broken == [invariant], judged[name]


def test_every_invariant_is_broken_in_two_ways_at_least() -> None:
    ways = Counter(invariant for _, invariant, _ in VIOLATIONS)

    assert {invariant.id for invariant in INVARIANTS if ways[invariant.id] >= 2} == ways.keys()
    assert len(ways) == 18


def test_every_way_to_break_an_invariant_is_planted(
    judged: Mapping[str, Sequence[InvariantResult]],
) -> None:
    seen = {v.what for said in judged.values() for one in said for v in one.violations}

    kinds = [query.what for invariant in INVARIANTS for query in invariant.queries]
    assert [what for what in kinds if what not in seen] == []
