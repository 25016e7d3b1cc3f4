from datetime import timedelta
from math import nextafter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.dedup.matching import compare, find_match
from services.triage.rules.dedup.model import Match, Report, TriageCase
from shared.catalogue import Dedup
from shared.vocabulary import distance_m
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, HOUR, LIMITS, case, report

WEEK = 7 * DAY
A_SECOND = timedelta(seconds=1)


def relation(new: Report, known: Any) -> str | None:
    match = compare(new, known, LIMITS)
    return match.relation if isinstance(match, Match) else None


@pytest.mark.parametrize(
    ("metres", "found"),
    [
        pytest.param(0, "duplicate", id="the same spot"),
        pytest.param(66.9, "duplicate", id="just inside the radius"),
        pytest.param(67.1, None, id="just outside the radius"),
    ],
)
def test_a_report_is_of_the_case_only_within_the_radius(metres: float, found: str | None) -> None:
    assert relation(report(point=north_of(HERE, metres)), case()) == found


def test_the_radius_itself_is_included() -> None:
    there = north_of(HERE, 40)
    away_m = distance_m(HERE, there)

    for radius_m, found in ((away_m, True), (nextafter(away_m, 0), False)):
        limits = {"CAMP": Dedup("campsite", WEEK, radius_m)}
        assert isinstance(compare(report(point=there), case(), limits), Match) is found


@pytest.mark.parametrize(
    ("later_by", "found"),
    [
        pytest.param(timedelta(0), "duplicate", id="at the same moment"),
        pytest.param(WEEK, "duplicate", id="at the end of the window"),
        pytest.param(WEEK + A_SECOND, "window_over", id="just after the window"),
        pytest.param(400 * DAY, "window_over", id="long after, still open"),
        pytest.param(-WEEK, "duplicate", id="earlier, as far as the window goes"),
        pytest.param(-WEEK - A_SECOND, None, id="earlier than the window"),
    ],
)
def test_an_open_case_takes_reports_of_the_window_and_is_repeated_after_it(
    later_by: timedelta, found: str | None
) -> None:
    assert relation(report(observed_at=NOON + later_by), case()) == found


@pytest.mark.parametrize(
    ("later_by", "found"),
    [
        pytest.param(2 * DAY - A_SECOND, "duplicate", id="before the closing"),
        pytest.param(2 * DAY, "duplicate", id="at the moment of the closing"),
        pytest.param(2 * DAY + A_SECOND, "after_closing", id="just after the closing"),
        pytest.param(WEEK, "after_closing", id="closed, at the end of the window"),
        pytest.param(WEEK + A_SECOND, None, id="closed, and the window is over"),
        pytest.param(-DAY, "duplicate", id="a late report from before the case"),
    ],
)
def test_a_closed_case_is_repeated_inside_its_window_by_what_was_seen_after_the_closing(
    later_by: timedelta, found: str | None
) -> None:
    known = case(closed_at=NOON + 2 * DAY)

    assert relation(report(observed_at=NOON + later_by), known) == found


def test_what_was_closed_after_the_window_is_repeated_by_a_report_from_before_the_closing() -> None:
    known = case(closed_at=NOON + 10 * DAY)

    assert relation(report(observed_at=NOON + 9 * DAY), known) == "window_over"
    assert relation(report(observed_at=NOON + 11 * DAY), known) is None


@pytest.mark.parametrize(
    ("first", "second", "metres", "found"),
    [
        pytest.param("CAMP", "CAMP-TRASH", 60, True, id="67 m of the first"),
        pytest.param("CAMP-TRASH", "CAMP", 60, False, id="30 m of the first"),
        pytest.param("CAMP-TRASH", "CAMP", 29, True, id="inside the first's 30 m"),
    ],
)
@pytest.mark.parametrize("arrival", ["in order", "the second first"])
def test_the_radius_is_that_of_the_kind_that_was_reported_first(
    first: str, second: str, metres: float, found: bool, arrival: str
) -> None:
    older = report(kind=first)
    newer = report(kind=second, point=north_of(HERE, metres), observed_at=NOON + HOUR)
    new, opening = (newer, older) if arrival == "in order" else (older, newer)

    assert relation(new, case(opening)) == ("duplicate" if found else None)


@pytest.mark.parametrize(
    ("later_by", "found"),
    [
        pytest.param(3 * DAY, "duplicate", id="inside both windows"),
        pytest.param(3 * DAY + A_SECOND, "window_over", id="inside the longer window only"),
    ],
)
@pytest.mark.parametrize("kinds", [("CAMP", "CAMP-TRASH"), ("CAMP-TRASH", "CAMP")])
def test_of_two_windows_the_shorter_counts(
    kinds: tuple[str, str], later_by: timedelta, found: str
) -> None:
    known = case(report(kind=kinds[0]))

    assert relation(report(kind=kinds[1], observed_at=NOON + later_by), known) == found


@pytest.mark.parametrize("kinds", [("CAMP", "CAMP-VISIT"), ("CAMP-VISIT", "CAMP-VISIT")])
def test_a_kind_without_window_is_never_the_same_problem(kinds: tuple[str, str]) -> None:
    new, known = report(kind=kinds[1]), case(report(kind=kinds[0]))

    assert relation(new, known) is None
    assert relation(known.opening, case(new)) is None


def test_what_has_no_place_is_never_the_same_place() -> None:
    nowhere = report(point=None)

    assert relation(nowhere, case(report(point=None))) is None
    assert relation(nowhere, case()) is None
    assert relation(report(), case(nowhere)) is None


@pytest.mark.parametrize(
    ("mine", "other", "found"),
    [
        pytest.param({"point": None}, {"point": None}, True, id="addresses alone"),
        pytest.param({}, {"point": None}, True, id="a point and an address alone"),
        pytest.param({"point": None}, {}, True, id="an address alone and a point"),
        pytest.param({}, {"point": north_of(HERE, 300)}, False, id="points that say otherwise"),
    ],
)
def test_equal_addresses_are_one_place_where_a_point_is_missing(
    mine: dict[str, Any], other: dict[str, Any], found: bool
) -> None:
    new = report(address="12 oak st", **mine)
    match = compare(new, case(report(address="12 oak st", **other)), LIMITS)

    assert isinstance(match, Match) is found
    assert not isinstance(match, Match) or (match.basis, match.distance_m) == ("same_address", 0.0)


def test_different_addresses_are_different_places() -> None:
    known = case(report(point=None, address="12 oak st"))

    assert relation(report(point=None, address="14 oak st"), known) is None


@pytest.mark.parametrize(
    ("mine", "other", "found"),
    [
        pytest.param("ana", "ana", "duplicate", id="the same person"),
        pytest.param("ana", "ben", None, id="somebody else"),
        pytest.param(None, None, None, id="nobody knows"),
    ],
)
def test_a_kind_without_radius_is_the_same_only_for_the_same_person(
    mine: str | None, other: str | None, found: str | None
) -> None:
    known = case(report(kind="LOST", reporter=other))

    assert relation(report(kind="LOST", reporter=mine), known) == found


def test_the_same_person_does_not_make_two_places_one() -> None:
    known = case(report(point=north_of(HERE, 500), reporter="ana"))

    assert relation(report(reporter="ana"), known) is None


def test_a_case_of_a_kind_that_the_catalogue_has_lost_is_left_alone() -> None:
    assert relation(report(), case(report(kind="GONE"))) is None


def test_the_same_problem_comes_before_a_nearer_one_that_is_the_same_again() -> None:
    over = case(report(observed_at=NOON - 8 * DAY))
    open_one = case(report(point=north_of(HERE, 60)))

    match = find_match(report(), [over, open_one], LIMITS).match

    assert match is not None
    assert (match.case, match.relation) == (open_one, "duplicate")


def test_of_several_the_nearest_then_the_oldest_then_the_smallest_id_wins() -> None:
    near = case(report(point=north_of(HERE, 5)))
    older = case(report(point=north_of(HERE, 20), observed_at=NOON - HOUR))
    smaller, larger = (
        case(report(point=north_of(HERE, 20), observed_at=NOON - 2 * HOUR), case_id=name)
        for name in ("a", "b")
    )

    def chosen(*cases: Any) -> Any:
        match = find_match(report(), cases, LIMITS).match
        return match and match.case

    assert chosen(older, near) == near
    assert chosen(older, larger) == larger
    assert chosen(larger, smaller) == smaller


def test_without_a_case_that_fits_there_is_none() -> None:
    far = case(report(point=north_of(HERE, 500)))

    assert find_match(report(), [], LIMITS).match is None
    assert find_match(report(), [far], LIMITS).match is None


KNOWN = [
    case(
        report(point=north_of(HERE, metres), observed_at=NOON - hours * HOUR),
        closed_at=NOON - HOUR if is_closed else None,
    )
    for metres, hours, is_closed in [
        (10, 3, False),
        (10, 3, False),
        (10, 400, False),
        (0, 5, True),
        (300, 1, False),
    ]
]


@given(st.permutations(KNOWN))
def test_the_answer_does_not_depend_on_the_order_of_the_cases(shuffled: list[TriageCase]) -> None:
    earlier = find_match(report(), shuffled, LIMITS)

    assert earlier.match is not None
    assert earlier.match.case == min(KNOWN[:2], key=lambda known: known.case_id)
    assert earlier == find_match(report(), KNOWN, LIMITS)


offsets = st.timedeltas(min_value=-9 * DAY, max_value=9 * DAY)
kinds = st.sampled_from(["CAMP", "CAMP-TRASH", "CAMP-VISIT"])
reports = st.builds(
    report,
    kind=kinds,
    observed_at=offsets.map(lambda offset: NOON + offset),
    point=st.floats(0, 90).map(lambda metres: north_of(HERE, metres)) | st.none(),
    address=st.sampled_from([None, "12 oak st", "14 oak st"]),
)


@given(reports, reports)
def test_two_reports_are_the_same_problem_whichever_arrives_first(a: Report, b: Report) -> None:
    assert (relation(a, case(b)) == "duplicate") == (relation(b, case(a)) == "duplicate")


@given(reports, reports)
def test_what_is_linked_is_within_the_bounds_that_the_link_names(a: Report, b: Report) -> None:
    match = compare(a, case(b), LIMITS)
    if not isinstance(match, Match):
        return
    assert match.distance_m is None or match.distance_m <= match.radius_m
    assert (match.time_apart <= match.window) == (match.relation != "window_over")
    assert match.window == min(LIMITS[a.kind].window, LIMITS[b.kind].window)
