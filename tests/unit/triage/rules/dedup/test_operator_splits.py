from itertools import permutations
from typing import Any

import pytest

from services.triage.rules.dedup.matching import MatchResult, find_match
from services.triage.rules.dedup.model import TriageCase
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, HOUR, LIMITS, case, report
from tests.unit.triage.rules.dedup.test_scoring import EVIDENCE


def split_cases(metres: float, **opening: Any) -> tuple[TriageCase, TriageCase]:
    """Return a case, and one that an operator split from it, ``metres`` north."""
    one = case()
    point = north_of(HERE, metres)
    return one, case(report(**({"point": point} | opening)), split_from=one.case_id)


def find(metres: float, *known: TriageCase, **changes: Any) -> MatchResult:
    new = report(**({"point": north_of(HERE, metres)} | changes))
    return find_match(new, known, LIMITS)


@pytest.mark.parametrize(
    ("metres", "side"),
    [(0, 0), (24, 0), (26, 1), (50, 1), (60, 1)],
)
def test_a_report_belongs_to_the_nearer_of_two_cases_that_were_split(
    metres: float, side: int
) -> None:
    cases = split_cases(50)

    found = find(metres, *cases)

    assert found.match is not None
    assert found.match.case == cases[side]
    assert [(one.case, one.code) for one in found.rejected] == [
        (cases[1 - side], "split_by_operator")
    ]


def test_a_report_near_a_closed_case_is_not_the_open_one_that_it_was_split_from() -> None:
    one, other = split_cases(50)
    closed = other._replace(closed_at=NOON + HOUR)

    found = find(49, one, closed, observed_at=NOON + DAY)

    assert found.match is not None
    assert (found.match.case, found.match.relation) == (closed, "after_closing")


def test_without_a_line_between_them_the_open_case_comes_before_the_nearer_one() -> None:
    one, other = split_cases(50)
    closed = other._replace(closed_at=NOON + HOUR, split_from=None)

    found = find(49, one, closed, observed_at=NOON + DAY)

    assert found.match is not None
    assert found.match.case == one
    assert [rejection.code for rejection in found.rejected] == ["weaker"]


def test_a_line_that_the_nearer_case_is_too_old_for_keeps_nobody_out() -> None:
    one, other = split_cases(50, observed_at=NOON - 8 * DAY)
    over = other._replace(closed_at=NOON - 7 * DAY)

    found = find(49, one, over)

    assert found.match is not None
    assert found.match.case == one


def test_at_one_place_the_kind_tells_two_cases_apart() -> None:
    one, other = split_cases(0, kind="CAMP-TRASH")

    for kind, expected in (("CAMP", one), ("CAMP-TRASH", other)):
        found = find(0, one, other, kind=kind)
        assert found.match is not None
        assert found.match.case == expected


def test_when_nothing_tells_them_apart_the_older_one_has_it_in_any_order() -> None:
    one, other = split_cases(0, observed_at=NOON + HOUR)

    matches = {find(0, *cases).match for cases in permutations((one, other))}

    assert {match.case for match in matches if match} == {one}


def test_where_evidence_decides_the_nearer_one_has_it_too() -> None:
    one, other = split_cases(30)
    new = report(point=north_of(HERE, 29))

    found = find_match(new, [one, other], LIMITS, EVIDENCE)

    assert found.match is not None
    assert found.match.case == other


def test_two_that_were_split_from_one_case_are_not_apart_from_each_other() -> None:
    one, first = split_cases(10)
    second = case(report(point=north_of(HERE, 20)), split_from=one.case_id)

    found = find(21, one, first, second)

    assert found.match is not None
    assert found.match.case == second
    assert {one.case.case_id: one.code for one in found.rejected} == {
        one.case_id: "split_by_operator",
        first.case_id: "weaker",
    }


def test_a_case_that_was_merged_back_is_known_at_both_places_and_told_once() -> None:
    one, other = split_cases(60)
    back = other._replace(case_id=one.case_id)

    found = find(100, one, back)

    assert found.match is not None
    assert found.match.case == back
    assert found.rejected == ()
    assert find(30, one, back).rejected == ()
