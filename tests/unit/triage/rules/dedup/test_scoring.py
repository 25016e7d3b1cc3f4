from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.triage.rules.dedup.matching import find_match
from services.triage.rules.dedup.model import Match, Report, TriageCase
from services.triage.rules.dedup.reasons import confidence, match_reasons
from shared.catalogue.evidence import (
    Accuracy,
    Assets,
    Evidence,
    Extent,
    Slope,
    Thresholds,
)
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, HOUR, LIMITS, case, report

EVIDENCE = Evidence(
    reach=Extent(metres=200),
    distance=Slope.through([(0, 40), (200, -40)]),
    no_distance=-5,
    apart=Slope.through([(0, 20), (100, 0)]),
    same_kind=10,
    same_street=15,
    same_address=25,
    default=Thresholds(start=10, duplicate=60, possible=30),
    groups={},
    kinds={},
)


def found(new: Report, *known: TriageCase, evidence: Evidence = EVIDENCE) -> Match | None:
    return find_match(new, known, LIMITS, evidence).match


def relation(new: Report, *known: TriageCase, evidence: Evidence = EVIDENCE) -> Any:
    match = found(new, *known, evidence=evidence)
    return match and match.relation


def test_points_are_straight_between_the_named_figures_and_level_beyond_them() -> None:
    slope = Slope.through([(100, -10), (0, 10), (50, 0)])

    assert [slope(figure) for figure in (-5, 0, 25, 50, 75, 100, 300)] == [
        10,
        10,
        5,
        0,
        -5,
        -10,
        -10,
    ]


def test_the_findings_add_up_to_the_confidence_and_are_told_with_their_points() -> None:
    new = report(point=north_of(HERE, 50), observed_at=NOON + 50 * HOUR)

    match = found(new, case())

    assert match is not None
    assert match.score == pytest.approx(10 + 20 + 10 + 10, abs=0.1)
    assert confidence(match, "CAMP") == 0.5
    assert match_reasons(match, "CAMP") == [
        ("usual_in_group", "+10 points"),
        ("near", "50 m of 67 m, +20 points"),
        ("within_window", "50 h of 168 h, +10 points"),
        ("same_kind", "+10 points"),
    ]


@pytest.mark.parametrize(
    ("start", "expected"), [(-10, "duplicate"), (-11, "possible"), (-40, "possible"), (-41, None)]
)
def test_the_score_is_held_against_two_thresholds_both_included(
    start: float, expected: Any
) -> None:
    asked = replace(EVIDENCE.default, start=start)  # beside it the same spot and time have 70

    assert relation(report(), case(), evidence=replace(EVIDENCE, default=asked)) == expected


def test_a_kind_may_be_called_one_problem_more_often_than_others() -> None:
    match = found(report(), case(), evidence=replace(EVIDENCE, kinds={"CAMP": 7, "CAMP-TRASH": 9}))

    assert match is not None
    assert ("usual_of_kind", "+7 points") in match_reasons(match, "CAMP")


def test_a_group_may_ask_for_more_than_others() -> None:
    strict = Thresholds(start=10, duplicate=95, possible=90)

    assert relation(report(), case()) == "duplicate"
    evidence = replace(EVIDENCE, groups={"campsite": strict})
    assert relation(report(), case(), evidence=evidence) is None


def test_beyond_the_radius_it_is_a_possible_one_whatever_speaks_for_it() -> None:
    sure = replace(EVIDENCE, same_kind=90)
    known = case()

    assert relation(report(point=north_of(HERE, 66)), known, evidence=sure) == "duplicate"
    assert relation(report(point=north_of(HERE, 68)), known, evidence=sure) == "possible"
    assert relation(report(point=north_of(HERE, 201)), known, evidence=sure) is None


def test_the_window_holds_to_the_hour_and_what_comes_after_it_goes_by_radius_alone() -> None:
    sure, known = replace(EVIDENCE, same_kind=90), case()

    assert relation(report(observed_at=NOON + 7 * DAY), known, evidence=sure) == "duplicate"
    late = NOON + 7 * DAY + timedelta(seconds=1)
    assert relation(report(observed_at=late), known, evidence=sure) == "window_over"
    beyond = report(observed_at=late, point=north_of(HERE, 68))
    assert relation(beyond, known, evidence=sure) is None


@pytest.mark.parametrize(
    ("mine", "other", "aspect"),
    [
        ("12 oak st", "99 oak st portland or", "same_street"),
        ("elm ave and oak st", "12 oak st", "same_street"),
        ("12 oak st", "12 oak st", "same_address"),
        ("12 oak st", "12 elm ave", None),
        (None, "12 oak st", None),
        (None, None, None),
    ],
)
def test_the_same_street_counts_and_the_same_address_more(
    mine: str | None, other: str | None, aspect: str | None
) -> None:
    match = found(report(address=mine), case(report(address=other)))

    assert match is not None
    points = {"same_street": 15, "same_address": 25}
    assert [code for code, _ in match_reasons(match, "CAMP") if code in points] == (
        [aspect] if aspect else []
    )
    assert match.score == 80 + (points[aspect] if aspect else 0)


def test_an_address_without_a_point_has_points_of_its_own() -> None:
    known = case(report(point=None, address="12 oak st"))

    match = found(report(point=None, address="12 oak st"), known)

    assert match is not None
    assert ("same_address", "-5 points") in match_reasons(match, "CAMP")
    assert ("same_address", "+25 points") in match_reasons(match, "CAMP")


def test_more_points_win_over_being_nearer_and_a_sure_case_over_a_possible_one() -> None:
    near_but_old = case(report(point=north_of(HERE, 1), observed_at=NOON - 90 * HOUR))
    recent = case(report(point=north_of(HERE, 5)))
    merely_possible = case(report(point=north_of(HERE, 80)))

    match = found(report(), merely_possible, near_but_old, recent)

    assert match is not None
    assert match.case == recent


def test_a_possible_case_comes_before_one_that_is_the_same_again() -> None:
    over = case(report(observed_at=NOON - 8 * DAY))

    assert relation(report(), over, case(report(point=north_of(HERE, 80)))) == "possible"


def test_the_same_persons_reports_of_a_kind_without_place_need_no_more_evidence() -> None:
    known = case(report(kind="LOST", point=None, reporter="ana"))

    assert relation(report(kind="LOST", point=None, reporter="ana"), known) == "duplicate"


BLURRED = replace(
    EVIDENCE,
    no_distance=5,
    accuracy=Accuracy(Slope.through([(0, 1), (50, 1), (150, 0)])),
)


@pytest.mark.parametrize(
    ("mine_m", "other_m", "metres", "place"),
    [
        pytest.param(0, 0, 0, 40, id="exact and at the spot"),
        pytest.param(30, 40, 0, 40, id="as good as exact"),
        pytest.param(60, 80, 0, 22.5, id="half believed"),
        pytest.param(90, 120, 0, 5, id="not believed"),
        pytest.param(0, 150, 0, 5, id="one of them alone"),
        pytest.param(0, 0, 150, -20, id="exact and far"),
        pytest.param(60, 80, 150, -7.5, id="half believed to be far"),
        pytest.param(90, 120, 150, 5, id="two bad fixes may be one problem"),
    ],
)
def test_a_place_that_is_known_badly_says_little_for_and_against(
    mine_m: float, other_m: float, metres: float, place: float
) -> None:
    generous = replace(BLURRED, default=Thresholds(start=0, duplicate=100, possible=0))
    new = report(point=north_of(HERE, metres), position_error_m=mine_m)

    match = found(new, case(report(position_error_m=other_m)), evidence=generous)

    assert match is not None
    [points] = [f.points for f in match.items if f.aspect == "place"]
    assert points == pytest.approx(place, abs=0.1)


def test_how_badly_a_place_is_known_is_told() -> None:
    match = found(report(position_error_m=60), case(report(position_error_m=80)), evidence=BLURRED)

    assert match is not None
    assert ("near", "0 m of 67 m, give or take 100 m, +22 points") in match_reasons(match, "CAMP")


def test_limits_of_the_kind_may_be_what_distance_and_time_are_measured_by() -> None:
    relative = replace(
        EVIDENCE,
        reach=Extent(share=2),
        distance=Slope.through([(0, 50), (1, 30), (2, 0)], is_relative=True),
        apart=Slope.through([(0, 20), (1, 10)], is_relative=True),
    )

    match = found(report(point=north_of(HERE, 67 * 1.5)), case(), evidence=relative)
    late = found(report(observed_at=NOON + 7 * DAY), case(), evidence=relative)

    assert match is not None
    assert match.score == pytest.approx(10 + 15 + 20 + 10, abs=0.1)
    assert late is not None
    assert late.score == 10 + 50 + 10 + 10
    assert found(report(point=north_of(HERE, 67 * 2.1)), case(), evidence=relative) is None


def test_who_comes_back_to_a_spot_means_the_same_and_who_goes_on_means_the_next() -> None:
    evidence = replace(EVIDENCE, same_sender=Slope.through([(0, 10), (60, -20)]))
    known = case(report(reporter="ana"))

    def points(metres: float, reporter: str | None) -> list[float]:
        new = report(point=north_of(HERE, metres), reporter=reporter)
        match = found(new, known, evidence=evidence)
        assert match is not None
        return [f.points for f in match.items if f.aspect == "same_sender"]

    assert points(0, "ana") == [10]
    assert points(60, "ana") == [pytest.approx(-20, abs=0.1)]
    assert points(0, "bo") == points(0, None) == []


@pytest.mark.parametrize(
    ("mine", "reason"),
    [
        ("plate:abc123", ("same_asset", "plate, +30 points")),
        ("plate:xyz789", ("other_asset", "plate, -50 points")),
        ("pole:xyz789", None),
        (None, None),
    ],
)
def test_the_same_thing_speaks_for_one_problem_and_another_one_against(
    mine: str | None, reason: Any
) -> None:
    evidence = replace(EVIDENCE, assets=Assets(30, -50, ("plate", "pole")))

    new = report(particulars=frozenset(filter(None, [mine])))
    match = found(new, case(report(particulars=frozenset({"plate:abc123"}))), evidence=evidence)

    assert match is not None
    reasons = [one for one in match_reasons(match, "CAMP") if one[0].endswith("_asset")]
    assert reasons == ([reason] if reason else [])


def test_the_name_of_an_area_is_no_sure_address_and_its_centre_no_sure_point() -> None:
    accuracy = Accuracy(Slope((0.0, 500.0), (1.0, 0.0)), {"place": 500})
    evidence = replace(EVIDENCE, accuracy=accuracy)
    park, house = report(address="laurelhurst park"), report(address="12 oak st")

    def codes(one: Report) -> dict[str, str | None]:
        match = find_match(one, [case(one._replace(request_id="other"))], LIMITS, evidence).match
        return dict(match_reasons(match, "CAMP")) if match else {}

    assert "same_address" in codes(house)
    assert "same_address" not in codes(park)
    assert "give or take" in (codes(park).get("near") or "give or take")
