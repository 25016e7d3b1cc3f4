"""Which place of a gazetteer an address means."""

import pytest

from services.intake.rules.addresses import MIN_SIMILARITY, Candidate, best_match, read_address
from shared.vocabulary import GeoPoint
from tests.support.builders import PIONEER_SQUARE, north_of

HERE = PIONEER_SQUARE
FAR = north_of(HERE, 251)
NEAR = north_of(HERE, 249)


def place(address: str, point: GeoPoint = HERE, similarity: float = 1.0) -> Candidate:
    key = read_address(address)
    assert key is not None
    return Candidate(key, similarity, point)


def match(address: str, *candidates: Candidate) -> GeoPoint | None:
    key = read_address(address)
    assert key is not None
    return best_match(key, candidates)


@pytest.mark.parametrize(
    "address",
    ["777 NE Alder St", "777 NE Alder", "777 Alder St", "777 Alder"],
)
def test_directions_and_types_may_be_left_out(address: str) -> None:
    assert match(address, place("777 NE Alder St")) == HERE


@pytest.mark.parametrize("address", ["777 SE Alder St", "777 NE Alder Ave", "779 NE Alder St"])
def test_what_contradicts_is_another_place(address: str) -> None:
    assert match(address, place("777 NE Alder St")) is None


@pytest.mark.parametrize(
    ("similarity", "found"),
    [
        pytest.param(MIN_SIMILARITY, True, id="misspelled"),
        pytest.param(MIN_SIMILARITY - 0.01, False, id="another name"),
    ],
)
def test_a_misspelled_name_counts_if_it_is_similar(similarity: float, found: bool) -> None:
    known = place("Laurelhurst Park", similarity=similarity)

    assert match("Laurelherst Park", known) == (HERE if found else None)


def test_a_right_name_beats_a_similar_one() -> None:
    similar = place("777 NE Aldert St", FAR, 0.9)

    assert match("777 Alder", similar, place("777 NE Alder St")) == HERE


def test_the_whole_address_beats_one_with_a_part_left_out() -> None:
    assert match("777 Alder", place("777 NE Alder St", FAR), place("777 Alder")) == HERE


@pytest.mark.parametrize(
    ("other", "found"),
    [pytest.param(NEAR, True, id="same place"), pytest.param(FAR, False, id="two places")],
)
def test_an_ambiguous_address_has_no_point(other: GeoPoint, found: bool) -> None:
    point = match("777 Alder", place("777 NE Alder St"), place("777 SE Alder St", other))

    assert point == (HERE if found else None)


def test_numbers_in_a_name_are_equal() -> None:
    assert match("5 NE 132nd Ave", place("5 NE 133rd Ave", similarity=0.9)) is None


def test_a_name_is_not_a_part_of_a_longer_one() -> None:
    assert match("Laurelhurst", place("Laurelhurst Park", similarity=0.7)) is None
