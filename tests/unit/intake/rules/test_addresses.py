"""How addresses are read into the parts by which a gazetteer finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.addresses import PlaceKey, read_address


def house(number: str, name: str, directions: str = "", types: str = "") -> PlaceKey:
    return PlaceKey(number, name, directions, types)


MAIN = house("1234", "main", "se", "st")
FREMONT = PlaceKey("", "33 & fremont", "ne", "ave st")


@pytest.mark.parametrize(
    ("written", "key"),
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
        pytest.param("NE 33rd Ave & NE Fremont St", FREMONT, id="crossing"),
        pytest.param("Northeast Fremont Street and NE 33rd Avenue", FREMONT, id="other order"),
        pytest.param("corner of NE Fremont St @ NE 33rd Ave", FREMONT, id="corner of"),
        pytest.param("NW corner of NE Fremont St/NE 33rd Ave", FREMONT, id="which corner"),
        pytest.param("33rd and Fremont", PlaceKey("", "33 & fremont", "", ""), id="bare crossing"),
        pytest.param("122 and Stark", PlaceKey("", "122 & stark", "", ""), id="bare number"),
        pytest.param("the St. Johns Bridge", PlaceKey("", "st johns bridge", "", ""), id="bridge"),
        pytest.param(
            "in front of Mount Tabor Park", PlaceKey("", "mt tabor park", "", ""), id="park"
        ),
        pytest.param("South Park Blocks", PlaceKey("", "park blocks", "s", ""), id="named side"),
    ],
)
def test_an_address_is_read_into_its_parts(written: str, key: PlaceKey) -> None:
    assert read_address(written, "portland") == key


@pytest.mark.parametrize(
    "written", ["", " , ,", "SE Hawthorne Blvd", "SW 4th", "I-5", "🙂", "the", "near"]
)
def test_what_names_no_single_place_is_none(written: str) -> None:
    assert read_address(written, "portland") is None


@given(st.text(max_size=80))
def test_any_text_is_read_and_reading_needs_no_city(written: str) -> None:
    key = read_address(written)

    assert key is None or key.name
