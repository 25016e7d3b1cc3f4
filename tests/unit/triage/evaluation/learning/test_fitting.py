from typing import Any

from services.triage.evaluation.learning.fitting import METRES, fit
from services.triage.evaluation.learning.samples import Sample


def sample(*, is_one: bool, **changes: Any) -> Sample:
    traits: dict[str, Any] = {
        "group": "tree",
        "kind": "FALLEN",
        "distance_m": 10.0,
        "hours": 1.0,
        "same_kind": True,
        "same_street": False,
    }
    return Sample(**(traits | changes), is_one_problem=is_one)


def test_what_labelled_pairs_have_in_common_is_worth_points_and_the_rest_costs_some() -> None:
    near = [sample(is_one=number % 4 > 0, distance_m=0.0) for number in range(80)]
    far = [sample(is_one=number % 4 == 0, distance_m=100.0) for number in range(80)]

    points = fit([*near, *far])

    assert points.metres[METRES.index(0)] > 5 > -5 > points.metres[METRES.index(100)]


def test_a_trait_that_tells_nothing_is_worth_nothing() -> None:
    some = [
        sample(is_one=number % 2 > 0, same_street=number % 4 > 1, group="tree")
        for number in range(160)
    ]

    assert fit(some).same_street == 0


def test_a_distance_between_two_places_counts_for_both() -> None:
    there = [sample(is_one=number % 5 > 0, distance_m=75.0) for number in range(100)]
    here = [sample(is_one=number % 5 == 0, distance_m=0.0) for number in range(100)]

    points = fit([*there, *here])

    assert points.metres[METRES.index(50)] == points.metres[METRES.index(100)] > 0


def test_a_group_that_people_call_one_problem_more_often_starts_higher() -> None:
    often = [sample(is_one=number % 2 > 0) for number in range(60)]
    seldom = [sample(is_one=number % 20 == 0, group="hole", kind="HOLE") for number in range(60)]

    points = fit([*often, *seldom])

    assert points.groups["tree"] > points.groups["hole"]


def test_only_kinds_with_a_few_labels_have_points_of_their_own() -> None:
    rare = [sample(is_one=True, kind="RARE") for _ in range(4)]

    assert fit([*rare, *(sample(is_one=n > 4) for n in range(10))]).kinds.keys() == {"FALLEN"}
