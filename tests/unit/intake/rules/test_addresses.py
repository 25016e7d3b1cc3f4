"""How addresses are read into the parts by which a gazetteer finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.addresses import PlaceKey, read_address, stated_city


def house(number: str, name: str, direction: str = "", type_: str = "") -> PlaceKey:
    return PlaceKey(number, name, direction, type_)


MAIN = house("1234", "main", "se", "st")
FREMONT = house("", "fremont", "ne", "st")
AVENUE = house("", "33", "ne", "ave")


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        pytest.param("1234 Southeast Main Street", MAIN, id="spelled out"),
        pytest.param("1234 S.E. main st. Apt 4", MAIN, id="unit"),
        pytest.param("1234 SE Main St, Portland, OR 97214", MAIN, id="city after commas"),
        pytest.param("1234 SE Main St Portland Oregon 97214", MAIN, id="city without commas"),
        pytest.param("1234 Main St SE", MAIN, id="direction at the end"),
        pytest.param("across from 1234 SE Main St", MAIN, id="across from"),
        pytest.param(
            "directly across the street from 1234 SE Main St", MAIN, id="across the street"
        ),
        pytest.param("Frente a 1234 SE Main St", MAIN, id="Spanish"),
        pytest.param("north gate of 1234 SE Main St", MAIN, id="a part of the place"),
        pytest.param("the main entrance to 1234 SE Main St", MAIN, id="entrance to"),
        pytest.param("near the NE side of 1234 SE Main St", MAIN, id="side of"),
        pytest.param("la entrada norte de 1234 SE Main St", MAIN, id="a part in Spanish"),
        pytest.param("South Gate Park", PlaceKey("", "gate park", "s", ""), id="named gate"),
        pytest.param("1234-1240 SE Main St", MAIN, id="range"),
        pytest.param("1234 1/2 SE Main St", MAIN, id="fraction"),
        pytest.param("1234 SE Main St at 12th Ave", MAIN, id="house beats crossing"),
        pytest.param("1200 block of SE Main St", house("1200", "main", "se", "st"), id="block"),
        pytest.param("30 NE 147TH AVE", house("30", "147", "ne", "ave"), id="ordinal"),
        pytest.param("30 NE Fifth Ave", house("30", "5", "ne", "ave"), id="ordinal in words"),
        pytest.param(
            "777 NE Broadway Portland Oregon", house("777", "broadway", "ne"), id="no type"
        ),
        pytest.param("700 NE Oregon", house("700", "oregon", "ne"), id="street named as a state"),
        pytest.param("0841 SW Gaines St", house("841", "gaines", "s", "st"), id="leading zero"),
        pytest.param("0841 S Gaines St", house("841", "gaines", "s", "st"), id="South Portland"),
        pytest.param(
            "841 SW Gaines St", house("841", "gaines", "sw", "st"), id="not South Portland"
        ),
        pytest.param("0 NE Broadway", house("0", "broadway", "ne"), id="zero"),
        pytest.param(
            "777 NE Dr. Martin Luther King Jr. Blvd",
            house("777", "martin luther king", "ne", "blvd"),
            id="title",
        ),
        pytest.param("777 NE MLK Blvd", house("777", "martin luther king", "ne", "blvd"), id="MLK"),
        pytest.param("NE 33rd Ave & NE Fremont St", [AVENUE, FREMONT], id="crossing"),
        pytest.param(
            "Northeast Fremont Street and NE 33rd Avenue", [FREMONT, AVENUE], id="other order"
        ),
        pytest.param("corner of NE Fremont St @ NE 33rd Ave", [FREMONT, AVENUE], id="corner of"),
        pytest.param(
            "NW corner of NE Fremont St/NE 33rd Ave", [FREMONT, AVENUE], id="which corner"
        ),
        pytest.param("NE Fremont St near NE 33rd Ave", [FREMONT, AVENUE], id="near"),
        pytest.param("on NE Fremont St by NE 33rd Ave", [FREMONT, AVENUE], id="by"),
        pytest.param("NE Fremont St esquina con NE 33rd Ave", [FREMONT, AVENUE], id="esquina con"),
        pytest.param("1234 SE Main St near 12th Ave", MAIN, id="house near a street"),
        pytest.param(
            "corner 33rd and Fremont", [house("", "33"), house("", "fremont")], id="corner"
        ),
        pytest.param(
            "33rd and Fremont", [house("", "33"), house("", "fremont")], id="bare crossing"
        ),
        pytest.param("122 and Stark", [house("", "122"), house("", "stark")], id="bare number"),
        pytest.param("the St. Johns Bridge", PlaceKey("", "st johns bridge", "", ""), id="bridge"),
        pytest.param(
            "in front of Mount Tabor Park", PlaceKey("", "mt tabor park", "", ""), id="park"
        ),
        pytest.param("South Park Blocks", PlaceKey("", "park blocks", "s", ""), id="named side"),
    ],
)
def test_an_address_is_read_into_its_parts(written: str, keys: PlaceKey | list[PlaceKey]) -> None:
    assert read_address(written, "portland") == (keys if isinstance(keys, list) else [keys])


@pytest.mark.parametrize("written", ["", " , ,", "🙂", "the", "near"])
def test_what_names_nothing_has_no_parts(written: str) -> None:
    assert read_address(written, "portland") == []


@pytest.mark.parametrize("written", ["SE Hawthorne Blvd", "SW 4th", "I-5"])
def test_a_street_alone_is_known_as_one(written: str) -> None:
    assert [key.is_street for key in read_address(written)] == [True]


@given(st.text(max_size=80))
def test_any_text_is_read_and_reading_needs_no_city(written: str) -> None:
    assert all(key.name for key in read_address(written))
    assert stated_city(written, CITIES) in {None, *CITIES.values()}


CITIES = {
    "portland": "own",
    "gresham": "gresham",
    "milwaukie": "milwaukie",
    "beaverton": "beaverton",
    "vancouver": "vancouver",
    "vancouver wa": "vancouver",
    "seattle": "elsewhere",
    "wa": "elsewhere",
}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Gresham City Hall", "gresham"),
        ("Gresham", "gresham"),
        ("500 Main St, Vancouver WA", "vancouver"),
        ("500 Main St Vancouver WA", "vancouver"),
        ("12 SE Main St Milwaukie", "milwaukie"),
        ("Pike Place Market, Seattle", "elsewhere"),
        ("123 Main St WA 98660", "elsewhere"),
        ("1221 SW 4th Ave, Portland, OR", "own"),
        ("SE Milwaukie", None),
        ("Milwaukie Ave & Powell", None),
        ("13th and Milwaukie", None),
        ("4755 SW Beaverton Hillsdale Hwy", None),
        ("N Vancouver Ave", None),
        ("3400 N Vancouver", None),
        ("Gresham Ct", None),
    ],
)
def test_the_city_that_an_address_names_is_no_street_of_that_name(
    written: str, code: str | None
) -> None:
    assert stated_city(written, CITIES) == code
