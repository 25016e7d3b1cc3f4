from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.triage.rules.dedup.matching import compare, find_match
from services.triage.rules.dedup.model import CaseRejection, Report, TriageCase
from services.triage.rules.dedup.reasons import MAX_REJECTIONS, rejection_detail
from shared.catalogue.evidence import Evidence, Thresholds
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, HOUR, LIMITS, case, report
from tests.unit.triage.rules.dedup.test_scoring import EVIDENCE


def rejected(
    new: Report, *known: TriageCase, evidence: Evidence | None = None
) -> list[tuple[TriageCase, str, str | None]]:
    earlier = find_match(new, known, LIMITS, evidence)
    return [(one.case, one.code, rejection_detail(one)) for one in earlier.rejected]


@pytest.mark.parametrize(
    ("new", "known", "code", "detail"),
    [
        pytest.param(
            report(point=north_of(HERE, 84)), case(), "too_far", "84 m of 67 m", id="place"
        ),
        pytest.param(
            report(point=None, address="14 oak st"),
            case(report(point=None, address="12 oak st")),
            "no_common_place",
            None,
            id="address",
        ),
        pytest.param(
            report(kind="LOST", reporter="ana"),
            case(report(kind="LOST", reporter="ben")),
            "other_reporter",
            None,
            id="person",
        ),
        pytest.param(
            report(observed_at=NOON - 200 * HOUR), case(), "too_early", "200 h of 168 h", id="early"
        ),
        pytest.param(
            report(observed_at=NOON + 200 * HOUR),
            case(closed_at=NOON + DAY),
            "closed_before",
            "200 h of 168 h",
            id="closed",
        ),
        pytest.param(report(kind="CAMP-VISIT"), case(), "never_same", None, id="kind"),
        pytest.param(report(), case(report(kind="GONE")), "never_same", None, id="lost kind"),
    ],
)
def test_what_stands_against_a_case_is_named_with_its_figure(
    new: Report, known: TriageCase, code: str, detail: str | None
) -> None:
    found = compare(new, known, LIMITS)

    assert isinstance(found, CaseRejection)
    assert (found.code, rejection_detail(found)) == (code, detail)
    assert rejected(new, known) == [(known, code, detail)]


def test_too_few_points_are_told_with_those_that_were_asked_for() -> None:
    known = case()
    asked = Thresholds(start=-42.5, duplicate=60, possible=30)
    few = replace(EVIDENCE, default=asked)

    assert rejected(report(), known, evidence=few) == [
        (known, "too_few_points", "27.5 of 30 points")
    ]


def test_what_is_the_same_again_is_told_when_it_lies_beyond_the_radius() -> None:
    known = case(report(point=north_of(HERE, 80), observed_at=NOON - 8 * DAY))

    assert rejected(report(), known, evidence=EVIDENCE) == [(known, "too_far", "80 m of 67 m")]


def test_the_cases_that_come_after_the_chosen_one_are_told_with_their_points() -> None:
    chosen, second = case(), case(report(point=north_of(HERE, 20)))

    assert rejected(report(), second, chosen, evidence=EVIDENCE) == [
        (second, "weaker", "72 of 80 points")
    ]
    assert rejected(report(), second, chosen) == [(second, "weaker", None)]


def test_points_are_not_compared_with_a_case_that_is_the_same_again() -> None:
    over = case(report(observed_at=NOON - 8 * DAY))

    assert rejected(report(), over, case(), evidence=EVIDENCE) == [(over, "weaker", None)]


@pytest.mark.parametrize(("metres", "shown"), [(133.9, True), (134.1, False)])
def test_what_is_more_than_twice_too_far_away_is_not_told(metres: float, shown: bool) -> None:
    assert bool(rejected(report(point=north_of(HERE, metres)), case())) is shown


def test_only_the_few_that_came_nearest_are_told_and_each_once() -> None:
    known = [case(report(point=north_of(HERE, metres))) for metres in (100, 80, 90, 70, 120)]
    over = case(report(observed_at=NOON - 8 * DAY), closed_at=NOON - 2 * DAY)

    shown: Any = [case for case, _, _ in rejected(report(), *known, *known, over, over)]

    assert shown == [over, known[3], known[1]]
    assert len(shown) == MAX_REJECTIONS


def test_the_chosen_case_is_not_among_the_rejected_though_it_was_found_twice() -> None:
    known = case()

    assert rejected(report(observed_at=NOON + timedelta(hours=1)), known, known) == []
