"""Places: moved by the given metres, drawn outside the excluded surroundings."""

from shared.vocabulary import GeoPoint, distance_m
from workbench.demo.scenario.locations import moved, near, random_place, streets
from workbench.demo.scenario.randomness import seeded_random

HERE = GeoPoint(45.52, -122.65)


def test_a_point_moves_as_far_as_it_should() -> None:
    assert abs(distance_m(HERE, moved(HERE, east_m=300)) - 300) < 1
    assert abs(distance_m(HERE, moved(HERE, north_m=-50)) - 50) < 1


def test_near_is_never_further_than_asked_for() -> None:
    rng = seeded_random(1, "near")
    found = [distance_m(HERE, near(HERE, 25, rng)) for _ in range(500)]
    assert max(found) <= 25.2
    assert max(found) > 20


def test_places_to_keep_off_are_kept_off() -> None:
    rng = seeded_random(2, "off")
    middle = streets()[0].random_place(rng).point
    found = [random_place(rng, [middle], 2_000).point for _ in range(300)]
    assert min(distance_m(middle, point) for point in found) > 2_000


def test_house_numbers_lie_between_those_of_the_streets_ends() -> None:
    rng = seeded_random(3, "numbers")
    for street in streets():
        number = int(street.random_place(rng).address.split()[0])
        assert street.low <= number <= street.high
