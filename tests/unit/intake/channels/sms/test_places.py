"""Places in texts."""

import pytest

from services.intake.channels.conversations.rules import find_place, may_be_place


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
        ("Bache en NE 33rd y Fremont Gracias", "NE 33rd y Fremont"),
        ("Bache en NE 33rd y Fremont. Gracias, Maria Lopez", "NE 33rd y Fremont"),
        ("Pothole at NE 33rd and Fremont Thanks Joe", "NE 33rd and Fremont"),
        ("Pothole at NE 33rd and Fremont. Maria Lopez", "NE 33rd and Fremont"),
        ("Pothole at NE 33rd and Fremont\nMaria Lopez", "NE 33rd and Fremont"),
        ("basura en el parque Laurelhurst Gracias", "parque Laurelhurst"),
        ("Sign down at NE 33rd and Martin Luther", "NE 33rd and Martin Luther"),
        ("Sign down at NE 33rd and\nFremont", "NE 33rd and Fremont"),
        ("basura en el parque Mt Tabor", "parque Mt Tabor"),
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


@pytest.mark.parametrize(
    "answer", ["Gracias", "Muchas Gracias", "ok Thanks", "Gracias Maria Lopez"]
)
def test_thanks_and_a_name_are_no_place(answer: str) -> None:
    assert not may_be_place(answer)
    assert may_be_place("by Fred Meyer, thanks")
