"""Deduplication of camp reports over a week, by Portland's shipped rules."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import Resolution, resolve
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import load_catalogue
from tests.support.builders import NOON, PIONEER_SQUARE, location, north_of, request

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
WEEK = 7 * DAY
PORTLAND = TriagePolicy(load_catalogue())


@pytest.fixture
def decide() -> Callable[..., Resolution]:
    """Resolve reports by metres north and time after noon, one after another."""
    known = CaseIndex()

    def after(metres: float = 0, later: timedelta = timedelta(0), **changes: Any) -> Resolution:
        known_by = {"address": None} | changes.pop("place", {})
        place = location(north_of(PIONEER_SQUARE, metres), **known_by)
        fields = {"service_code": "CAMP-REPORT", "dedup_group": "camp", "description": ""}
        text = request(observed_at=NOON + later, location=place, **(fields | changes))
        return resolve(assess_report(text, PORTLAND), known)

    return after


@pytest.mark.parametrize("metres", [0, 12, 40, 66.9])
@pytest.mark.parametrize("later", [HOUR, 3 * DAY, WEEK, -WEEK, -HOUR])
def test_a_second_report_within_radius_and_week_is_a_duplicate(
    decide: Callable[..., Resolution], metres: float, later: timedelta
) -> None:
    first = decide()

    second = decide(metres, later)

    assert (second.outcome, second.case) == ("duplicate", first.case)


@pytest.mark.parametrize("kind", ["CAMP-TRASH", "VEH-CAMP"])
def test_another_kind_of_the_group_counts_to_the_last_metre_and_hour(
    decide: Callable[..., Resolution], kind: str
) -> None:
    decide()

    assert decide(66, WEEK, service_code=kind).outcome == "duplicate"


@pytest.mark.parametrize(
    ("metres", "later", "outcome"),
    [
        pytest.param(0, WEEK + SECOND, "recurrence", id="after the week"),
        pytest.param(0, -WEEK - SECOND, "new", id="before the week"),
        pytest.param(80, HOUR, "new", id="beyond the radius"),
    ],
)
def test_what_lies_outside_week_or_radius_is_not_merged(
    decide: Callable[..., Resolution], metres: float, later: timedelta, outcome: str
) -> None:
    decide()

    assert decide(metres, later).outcome == outcome


def test_the_week_counts_from_the_report_that_opened_the_case(
    decide: Callable[..., Resolution],
) -> None:
    first = decide()
    for days in (2, 4, 6):
        assert decide(10, days * DAY).case == first.case

    assert decide(10, WEEK + HOUR).outcome == "recurrence"


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        pytest.param({"accuracy_m": 50}, "duplicate", id="a phone among houses"),
        pytest.param({"accuracy_m": 400}, "possible_duplicate", id="a bad fix"),
        pytest.param({"precision": "street"}, "possible_duplicate", id="somewhere on a street"),
        pytest.param({"precision": "area"}, "possible_duplicate", id="somewhere in an area"),
    ],
)
def test_a_place_that_is_known_badly_makes_it_a_possible_one(
    decide: Callable[..., Resolution], place: dict[str, Any], outcome: str
) -> None:
    decide()

    assert decide(10, HOUR, place=place).outcome == outcome


def test_rare_words_in_both_make_up_for_a_place_that_is_known_badly(
    decide: Callable[..., Resolution],
) -> None:
    text = "Two tents behind the Fremont mural"
    decide(description=text)

    second = decide(10, HOUR, description=text.upper(), place={"precision": "street"})

    assert second.outcome == "duplicate"


def test_the_same_address_is_a_place_where_the_point_is_none(
    decide: Callable[..., Resolution],
) -> None:
    nowhere = {"latitude": None, "longitude": None, "precision": "address"}
    decide(place=nowhere | {"address": "0123 SW Bancroft St"})

    same = decide(later=WEEK, place=nowhere | {"address": "0123 S.W. Bancroft Street"})
    other = decide(later=HOUR, place=nowhere | {"address": "123 SW Bancroft St"})

    assert (same.outcome, other.outcome) == ("duplicate", "new")


def test_two_vehicles_with_plates_of_their_own_are_two_problems(
    decide: Callable[..., Resolution],
) -> None:
    van: dict[str, Any] = {"service_code": "VEH-CAMP", "attributes": {"plate": "ABC 123"}}
    decide(**van)

    assert decide(10, HOUR, **(van | {"attributes": {"plate": "XYZ 789"}})).outcome == "new"
    assert decide(10, HOUR, **(van | {"attributes": {"plate": "abc-123"}})).outcome == "duplicate"
