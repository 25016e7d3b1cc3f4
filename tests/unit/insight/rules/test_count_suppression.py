"""No arithmetic on the counts beside ``n`` gives a small one back, in any report."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from services.insight.rules.reports import CaseFact, RequestFact, case_rows, request_rows
from services.insight.rules.suppression import SMALLEST_SHOWN
from services.insight.rules.survival import Duration
from services.insight.rules.tables import cell_of
from shared.vocabulary import InsightReport
from tests.unit.insight.rules.test_desk import REQUEST

DISTRICTS, LANGUAGES, PRIORITIES = ("n", "e", "s"), ("en", "es", "so", "vi"), ("P1", "P2", "P3")
DIMENSIONS = ("district", "language", "priority")
TABLES = [by for size in range(3) for by in combinations(DIMENSIONS, size)]
PLACES = [
    dict(zip(DIMENSIONS, place, strict=True)) for place in product(DISTRICTS, LANGUAGES, PRIORITIES)
]
NOT_MEASURED = Duration(0, has_ended=False)
CASE = CaseFact(
    city="portland.gov",
    kind="ROW-POTHOLE",
    group="pavement",
    bureau="PBOT-MAINT",
    district="north",
    channel="web",
    language="en",
    priority="P3",
    at=REQUEST.at,
    acknowledge=NOT_MEASURED,
    complete=NOT_MEASURED,
    promise=None,
    was_completed=False,
    reopened=False,
    exposure=timedelta(days=1),
    further=0,
)

Fact: TypeAlias = RequestFact | CaseFact
Counts: TypeAlias = dict[str, Callable[[Any], int]]


class Attacked(NamedTuple):
    """A report whose counts are attacked.

    Attributes:
        kinds: Facts that differ in the counts.
        counts: What its rows tell; ``n`` stands for the volumes of the same facts.
        small: Counts that nobody may learn where they are from 1 to 10, beside those told.
    """

    report: InsightReport
    kinds: Sequence[Any]
    counts: Counts
    small: Counts


def _other(flags: Counts) -> Counts:
    def negated(is_so: Callable[[Any], int]) -> Callable[[Any], int]:
        return lambda one: not is_so(one)

    return {f"not {name}": negated(is_so) for name, is_so in flags.items()}


JOINED: Counts = {"joined": lambda one: one.joined_after is not None}
ANSWERS: Counts = {
    "asked": lambda one: one.asked,
    "answered": lambda one: one.fixed is not None,
    "not_fixed": lambda one: one.fixed is False,
}
TRIAGE: Counts = {
    "corrected": lambda one: one.corrected,
    "alarms": lambda one: one.priority == "P1",
    "unsure": lambda one: one.unsure,
}
PROMISES: Counts = {
    "kept": lambda one: one.promise == "kept",
    "missed": lambda one: one.promise == "missed",
    "open_past_due": lambda one: one.promise == "open_past_due",
}
REOPENED: Counts = {
    "completed": lambda one: one.was_completed,
    "reopened": lambda one: one.was_completed and one.reopened,
}
REPORTS = [
    Attacked(
        "duplicates",
        [REQUEST, replace(REQUEST, joined_after=timedelta(hours=1))],
        JOINED,
        _other(JOINED),
    ),
    Attacked(
        "feedback",
        [REQUEST, *(replace(REQUEST, asked=True, fixed=fixed) for fixed in (None, True, False))],
        ANSWERS,
        _other(ANSWERS)
        | {
            "asked in vain": lambda one: one.asked and one.fixed is None,
            "fixed": lambda one: one.fixed is True,
        },
    ),
    Attacked(
        "triage",
        [replace(REQUEST, corrected=a, unsure=b) for a in (False, True) for b in (False, True)],
        TRIAGE,
        _other(TRIAGE),
    ),
    Attacked(
        "promises",
        [replace(CASE, promise=it) for it in ("kept", "missed", "open_past_due", None)],
        PROMISES,
        _other(PROMISES) | {"none": lambda one: one.promise is None},
    ),
    Attacked(
        "reopened",
        [
            CASE,
            replace(CASE, reopened=True),
            *(replace(CASE, was_completed=True, reopened=it) for it in (False, True)),
        ],
        REOPENED,
        _other(REOPENED) | {"completed once": lambda one: one.was_completed and not one.reopened},
    ),
    Attacked(
        "reporting",
        [replace(CASE, exposure=None), *(replace(CASE, further=it) for it in (0, 1, 3))],
        {"observed": lambda one: one.further},
        {},
    ),
]


def draw(rng: random.Random, attacked: Attacked) -> tuple[list[Fact], list[Fact]]:
    """Return every possible fact, and those of a city, most of them in few places."""
    possible: list[Any] = [replace(k, **place) for place in PLACES for k in attacked.kinds]
    weights = [rng.random() ** 3 for _ in PLACES]
    of_kind = [rng.random() ** 3 for _ in attacked.kinds]
    found = rng.choices(
        possible, [a * b for a in weights for b in of_kind], k=rng.choice((60, 300, 2_000))
    )
    return possible, found


class Sum(NamedTuple):
    """How often a sum counts each possible fact, and what it is; None where it is not told."""

    of: NDArray[np.float64]
    value: int | None


def told(attacked: Attacked, possible: list[Any], facts: list[Any]) -> Iterator[Sum]:
    """Yield the counts of all tables, and the numbers of facts beside them."""
    rows_of: Callable[..., Any] = case_rows if isinstance(facts[0], CaseFact) else request_rows
    beside: InsightReport = "times" if isinstance(facts[0], CaseFact) else "volumes"
    for by in TABLES:
        for row in (*rows_of(beside, facts, by), *rows_of(attacked.report, facts, by)):
            within = np.array([cell_of(one, by) == row.cell for one in possible], dtype=float)
            yield Sum(within, row.n)
            for name, count in attacked.counts.items():
                if name in row.figures:
                    yield Sum(within * list(map(count, possible)), row.figures[name])


def small_sums(attacked: Attacked, possible: list[Any], facts: list[Any]) -> Iterator[Sum]:
    """Yield the true counts from 1 to 10 of all tables."""
    counts = attacked.counts | attacked.small | {"n": lambda _: 1}
    for by, count in product(TABLES, counts.values()):
        for cell in {cell_of(one, by) for one in facts}:
            true = sum(count(one) for one in facts if cell_of(one, by) == cell)
            if 0 < true < SMALLEST_SHOWN:
                within = [cell_of(one, by) == cell and count(one) for one in possible]
                yield Sum(np.array(within, dtype=float), true)


@pytest.mark.parametrize("attacked", REPORTS, ids=lambda attacked: attacked.report)
@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_can_be_had_by_subtracting_tables(attacked: Attacked, seed: int) -> None:
    possible, facts = draw(random.Random(seed), attacked)
    known = np.array([s.of for s in told(attacked, possible, facts) if s.value is not None])
    _, sizes, axes = np.linalg.svd(known)
    free = axes[int((sizes > 1e-9).sum()) :]  # what can be added to a solution

    for small in small_sums(attacked, possible, facts):
        assert not np.allclose(free @ small.of, 0)


@pytest.mark.parametrize(
    ("missed", "shown"), [pytest.param(10, False, id="small"), pytest.param(11, True, id="enough")]
)
def test_counts_are_hidden_beside_a_number_that_is_told(missed: int, shown: bool) -> None:
    kept, late = replace(CASE, promise="kept"), replace(CASE, promise="missed")

    [row] = case_rows("promises", [*[kept] * 50, *[late] * missed], ())

    counts = {"kept": 50, "missed": missed, "open_past_due": 0}
    assert row == ((), 50 + missed, counts if shown else dict.fromkeys(counts))


def test_where_few_reported_again_the_ratio_does_not_tell_how_many() -> None:
    """Also that of the complement, from which the number could be had by subtraction."""

    def figures(quiet: int, loud: int) -> Mapping[str, Mapping[str, Any]]:
        further = {"quiet": quiet, "loud": loud, "even": 30}
        facts = [
            replace(CASE, district=district, further=int(number < count))
            for district, count in further.items()
            for number in range(40)
        ]
        rows = case_rows("reporting", facts, ("district",))
        return {str(row.cell[0]): row.figures for row in rows}

    first, same, more = figures(1, 15), figures(5, 11), figures(6, 10)

    assert [first[name]["observed"] for name in ("quiet", "loud", "even")] == [None, None, 30]
    assert first["quiet"]["expected"] is None
    assert first["quiet"]["ratio"] == pytest.approx(11 / (8 + 46 / 3), abs=1e-4)
    assert first == same
    assert more["quiet"]["ratio"] > first["quiet"]["ratio"]


def test_a_ratio_of_few_cases_under_observation_is_not_told() -> None:
    unseen = replace(CASE, exposure=None)

    [row] = case_rows("reporting", [*[replace(CASE, further=2)] * 10, *[unseen] * 5], ())

    assert row.n == 15
    assert set(row.figures.values()) == {None}


def test_alarms_are_not_told_where_the_volumes_by_priority_hide_them() -> None:
    """Beside 30 alarms and 60 of P3, a row of 95 would tell that 5 are of P2."""
    counts = {"n": {"P1": 30, "P2": 5, "P3": 60}, "e": {"P1": 40, "P2": 50, "P3": 70}}
    facts = [
        replace(REQUEST, district=district, priority=priority)
        for district, by_priority in counts.items()
        for priority, count in by_priority.items()
        for _ in range(count)
    ]

    rows = request_rows("triage", facts, ("district",))

    assert [(row.cell, row.n, row.figures["alarms"]) for row in rows] == [
        (("e",), 160, None),
        (("n",), 95, None),
    ]
