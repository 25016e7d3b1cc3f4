"""Which place of an address book an address means, and which ones it may begin."""

import pytest

from cli.address_files import AddressBookBuilder
from services.intake.places.book import AddressBook
from services.intake.places.gazetteer import shipped_book
from services.intake.places.search import nearest, point_of, suggestions
from shared.catalogue import load_catalogue
from shared.vocabulary import GeoPoint, distance_m
from tests.support.builders import PIONEER_SQUARE, north_of

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
HERE = PIONEER_SQUARE
FAR = GeoPoint(round(north_of(HERE, 251).latitude, 6), HERE.longitude)
NEAR = north_of(HERE, 249)


def book(*rows: tuple[str, GeoPoint], former: dict[str, str] | None = None) -> AddressBook:
    """A book of addresses such as ``777 NE Alder St, Gresham``, crossings and names."""
    builder = AddressBookBuilder("portland", former)
    for address, point in rows:
        street, _, city = address.partition(", ")
        number, _, rest = street.partition(" ")
        row = {"lat": str(point.latitude), "lon": str(point.longitude), "city": city}
        if number.isdecimal():
            builder.add_row(row | {"number": number, "street": rest})
        else:
            builder.add_row(row | {"street" if "&" in street else "name": street})
    return AddressBook.decode(builder.build().encode())


def match(address: str, *rows: tuple[str, GeoPoint], city: str | None = None) -> GeoPoint | None:
    return point_of(book(*rows), address, "portland", city)


def suggested(address: str, *rows: tuple[str, GeoPoint], near: GeoPoint | None = None) -> list[str]:
    return [one.name for one in suggestions(book(*rows), address, "portland", None, near)]


@pytest.mark.parametrize(
    "address",
    ["777 NE Alder St", "777 NE Alder", "777 Alder St", "777 Alder"],
)
def test_directions_and_types_may_be_left_out(address: str) -> None:
    assert match(address, ("777 NE Alder St", HERE)) == HERE


@pytest.mark.parametrize("address", ["777 SE Alder St", "777 NE Alder Ave", "1779 NE Alder St"])
def test_what_contradicts_is_another_place(address: str) -> None:
    assert match(address, ("777 NE Alder St", HERE)) is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("Laurelherst Park", True, id="misspelled"),
        pytest.param("Laurel Park", False, id="another name"),
        pytest.param("Laurelhurst", False, id="a part of the name"),
    ],
)
def test_a_misspelled_name_counts_if_it_is_similar(written: str, found: bool) -> None:
    assert match(written, ("Laurelhurst Park", HERE)) == (HERE if found else None)


@pytest.mark.parametrize(
    "written", ["the north gate of Laurelhurst Park", "la entrada norte de Laurelhurst Park"]
)
def test_the_examples_of_the_form_are_places_of_the_city(written: str) -> None:
    [found] = suggestions(shipped_book(PORTLAND.folder), written, "portland", None, None)

    assert (found.name, found.match) == ("Laurelhurst Park", "place")


def test_a_right_name_beats_a_similar_one() -> None:
    rows = ("777 NE Aldertt St", FAR), ("777 NE Alderts St", HERE)

    assert match("777 Alderts", *rows) == HERE


def test_the_whole_address_beats_one_with_a_part_left_out() -> None:
    assert match("777 Alder", ("777 NE Alder St", FAR), ("777 Alder", HERE)) == HERE


@pytest.mark.parametrize(
    ("other", "found"),
    [pytest.param(NEAR, True, id="same place"), pytest.param(FAR, False, id="two places")],
)
def test_an_ambiguous_address_has_no_point(other: GeoPoint, found: bool) -> None:
    point = match("777 Alder", ("777 NE Alder St", HERE), ("777 SE Alder St", other))

    assert (point is not None) == found


def test_numbers_in_a_name_are_equal() -> None:
    assert match("5 NE 132nd Ave", ("5 NE 133rd Ave", HERE)) is None


@pytest.mark.parametrize(
    ("number", "metres"),
    [
        pytest.param(150, 50, id="between"),
        pytest.param(190, 90, id="nearer to one"),
        pytest.param(151, 500, id="the other side of the street"),
        pytest.param(260, 100, id="behind the last, in its block"),
        pytest.param(301, None, id="another block"),
    ],
)
def test_numbers_between_known_ones_are_interpolated(number: int, metres: float | None) -> None:
    rows = [
        ("100 SE Ash St", HERE),
        ("200 SE Ash St", north_of(HERE, 100)),
        ("141 SE Ash St", north_of(HERE, 500)),
        ("161 SE Ash St", north_of(HERE, 500)),
    ]

    point = match(f"{number} SE Ash St", *rows)

    assert (point and distance_m(HERE, point)) == (metres and pytest.approx(metres, abs=1))


@pytest.mark.parametrize("written", ["SE 82nd and Division", "division & 82", "82nd/Division St"])
def test_a_crossing_is_found_in_either_order(written: str) -> None:
    assert match(written, ("SE 82nd Ave & SE Division St", HERE)) == HERE


@pytest.mark.parametrize("written", ["39 S Gaines St", "039 SW Gaines St", "39 SW Gaines"])
def test_south_portland_is_found_by_its_old_and_its_new_name(written: str) -> None:
    assert match(written, ("039 Southwest Gaines Street", HERE)) == HERE


@pytest.mark.parametrize(
    "written", ["39 SE 39th Ave", "39 SE César Chávez", "39 SE Cesar E Chavez"]
)
def test_a_street_is_found_by_its_former_name(written: str) -> None:
    known = book(
        ("39 Southeast 39th Avenue", HERE), former={"SE 39th Ave": "SE César E. Chávez Blvd"}
    )

    [found] = suggestions(known, written, "portland", None, None)

    assert (found.name, found.point) == ("39 SE César E. Chávez Blvd", HERE)


def test_an_own_address_comes_before_that_of_a_neighbour_unless_it_is_named() -> None:
    rows = ("777 NE Alder St, Gresham", FAR), ("777 NE Alder St", HERE)

    assert match("777 NE Alder St", *rows) == HERE
    assert match("777 NE Alder St", *rows, city="Gresham") == FAR
    assert match("777 NE Alder St", rows[0]) == FAR
    assert match("777 NE Alder St", rows[0], city="") is None


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("777 ne al", ["777 NE Alder St"]),
        ("777 ne alder s", ["777 NE Alder St"]),
        ("ne alder and 7", ["NE Alder St & NE 7th Ave"]),
        ("alb", ["Alberta Park"]),
        ("ald", ["NE Alder St"]),
        ("zz", []),
    ],
)
def test_what_is_typed_so_far_may_be_completed(typed: str, names: list[str]) -> None:
    rows = [
        ("777 NE Alder St", HERE),
        ("NE Alder St & NE 7th Ave", HERE),
        ("Alberta Park", HERE),
    ]

    assert suggested(typed, *rows) == names


def test_at_most_eight_are_suggested_the_nearest_first() -> None:
    rows = [(f"7 NE {n}th St", north_of(HERE, 100 * n)) for n in range(20, 30)]

    names = suggested("7 NE 2", *rows, near=north_of(HERE, 2_900))

    assert names == [f"7 NE {n}th St" for n in range(29, 21, -1)]


@pytest.mark.parametrize(("metres", "found"), [(149, True), (151, False)])
def test_a_point_has_the_address_of_the_nearest_house(metres: float, found: bool) -> None:
    known = book(("777 NE Alder St", HERE), ("9 NE Alder St", north_of(HERE, 900)))

    at = nearest(known, north_of(HERE, -metres))

    assert (at and at.name) == ("777 NE Alder St" if found else None)
    assert nearest(book(), HERE) is None


def test_of_houses_as_far_north_the_one_beside_a_point_is_the_nearest() -> None:
    east = GeoPoint(HERE.latitude, HERE.longitude + 0.001)
    known = book(("9 NE Alder St", east), ("7 NE Oak St", north_of(HERE, 70)))

    at = nearest(known, HERE)

    assert at
    assert at.name == "7 NE Oak St"
