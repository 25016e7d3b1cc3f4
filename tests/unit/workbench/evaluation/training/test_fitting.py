from tests.unit.workbench.evaluation.training.factories import evidence, sample
from workbench.evaluation.training.fitting import Learnable, fit

TREES = Learnable(["tree"], ["FALLEN"])
NOBODY = Learnable([], [])


def test_what_labelled_pairs_have_in_common_is_worth_points_and_the_rest_costs_some() -> None:
    near = [sample(is_one=number % 4 > 0, distance=0.0) for number in range(80)]
    far = [sample(is_one=number % 4 == 0, distance=100.0) for number in range(80)]

    at_once, _, at_100_m = fit([*near, *far], evidence(), NOBODY).distance.points

    assert at_once > 5 > -5 > at_100_m


def test_a_trait_that_tells_nothing_keeps_its_points() -> None:
    some = [sample(is_one=n % 2 > 0, same_street=n % 4 > 1) for n in range(160)]

    assert fit(some, evidence(), NOBODY).same_street == 7


def test_a_distance_between_two_places_counts_for_both() -> None:
    there = [sample(is_one=number % 5 > 0, distance=75.0) for number in range(100)]
    here = [sample(is_one=number % 5 == 0, distance=0.0) for number in range(100)]

    _, at_50_m, at_100_m = fit([*there, *here], evidence(), NOBODY).distance.points

    assert at_50_m == at_100_m > 0


def test_a_group_that_people_call_one_problem_more_often_starts_higher() -> None:
    often = [sample(is_one=number % 2 > 0) for number in range(60)]
    seldom = [sample(is_one=number % 10 == 0, group="hole", kind="HOLE") for number in range(60)]

    groups = fit([*often, *seldom], evidence(), Learnable(["hole", "tree"], [])).groups

    assert groups["tree"].start > 5
    assert groups["hole"].start < groups["tree"].start
    assert (groups["hole"].duplicate, groups["hole"].possible) == (60, 40)


def test_the_points_in_use_count_before_the_labels_do() -> None:
    """What the evidence explains already gives no reason to change it."""
    sure = [sample(is_one=n % 2 > 0, score=70.0) for n in range(80)]
    doubted = [sample(is_one=n % 2 > 0, score=40.0) for n in range(80)]

    assert fit(sure, evidence(), TREES).groups["tree"].start == 5
    assert fit(doubted, evidence(), TREES).groups["tree"].start > 10


def test_what_is_not_to_be_learnt_keeps_its_points() -> None:
    some = [sample(is_one=n % 5 > 0, group="hole", kind="HOLE") for n in range(80)]

    after = fit(some, evidence(), TREES)

    assert (after.groups["hole"], after.kinds["HOLE"]) == (evidence().groups["hole"], 4)
    assert (after.default, after.no_distance) == (evidence().default, 0)


def test_too_few_labels_change_nothing_of_a_trait() -> None:
    some = [sample(is_one=n < 40, same_address=n < 4) for n in range(80)]
    more = [sample(is_one=n < 40, same_address=n < 30) for n in range(80)]

    assert fit(some, evidence(), NOBODY).same_address == 9
    assert fit(more, evidence(), NOBODY).same_address > 9


def test_where_nothing_was_in_use_what_is_not_named_starts_by_the_labels_too() -> None:
    some = [sample(is_one=n % 10 == 0) for n in range(200)]

    assert fit(some, evidence(), Learnable([], [], default=True)).default.start < 0
