"""Places in texts."""

import pytest

from services.intake.channels.conversations.rules import find_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Pothole at NE 33rd and Fremont", "NE 33rd and Fremont"),
        ("pothole on 33rd & fremont please fix", "33rd & fremont"),
        ("Graffiti on the wall at 12th and Couch", "12th and Couch"),
        ("1221 SW 4th Ave big hole", "1221 SW 4th Ave"),
        ("hole by 3939 SE Hawthorne Blvd.", "3939 SE Hawthorne Blvd"),
        ("3300 block of NE Fremont", "3300 block of NE Fremont"),
        ("light out at SE Division St & SE 122nd Ave", "SE Division St & SE 122nd Ave"),
        ("bus stop at N Lombard and N Interstate", "N Lombard and N Interstate"),
        ("sign down on Main st and 5 ave", "Main st and 5 ave"),
        ("The light at 5th & main is out", "5th & main"),
        ("corner of Burnside and MLK", "corner of Burnside and MLK"),
        ("812 Alder St apt 4", "812 Alder St"),
        ("luz fundida en la calle 82 y Powell", "calle 82 y Powell"),
        ("Bache en Fremont y la 33", "Fremont y la 33"),
        ("dead raccoon near Laurelhurst Park", "Laurelhurst Park"),
        ("basura en el parque Laurelhurst", "parque Laurelhurst"),
    ],
)
def test_a_house_a_crossing_or_a_named_place_is_found(text: str, place: str) -> None:
    found = find_place(text)

    assert found
    assert found.words == place
    assert place not in found.rest


@pytest.mark.parametrize(
    "text",
    [
        "needles and trash in the park",
        "3 tents on the sidewalk",
        "on SE Hawthorne Blvd",
        "NE 33rd and it is deep",
        "a hole 2 feet wide and 5 inches deep",
        "5 dogs and 3 cats",
        "west side and east side",
        "This is the 3rd time and nobody came",
        "in a place and street nobody knows",
        "a drive by shooting",
        "",
    ],
)
def test_anything_else_is_asked_for(text: str) -> None:
    assert find_place(text) is None


@pytest.mark.parametrize("text", ["a.a" * 1_300, "ne " * 1_300, "st and " * 600, "1 a " * 1_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    find_place(text)
