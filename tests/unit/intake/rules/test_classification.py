from dataclasses import replace

import pytest

from services.intake.rules.classification import choose_code, likely_kinds
from shared.catalogue import Jurisdiction, load_catalogue
from shared.catalogue.judgement import read_text
from shared.text_matching import KindProbability
from tests.support.intake.factories import LAKESIDE

PORTLAND = load_catalogue().jurisdictions["portland.gov"]


def kind(text: str, city: Jurisdiction = LAKESIDE) -> str:
    return choose_code(likely_kinds(read_text(text, city), city), city)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("There is a pothole here", "POTHOLE", id="one keyword"),
        pytest.param("Hay un BACHE muy grande", "POTHOLE", id="in Spanish"),
        pytest.param("Pothole, a real hole", "POTHOLE", id="two keywords of one kind"),
        pytest.param("A hole in the wall", "POTHOLE", id="a short keyword alone"),
        pytest.param("Hole in sidewalk", "SIDEWALK", id="the longer keyword hides the shorter"),
        pytest.param("Hole in sidewalk by a pothole", "SIDEWALK", id="three words against one"),
        pytest.param(
            "Hole in road swallows cars, no pothole", "SINKHOLE", id="the hidden do not count"
        ),
        pytest.param("Hole in road swallows cars", "SINKHOLE", id="longest of three"),
        pytest.param("Pothole next to the sidewalk", "POTHOLE", id="two kinds, equally likely"),
        pytest.param(
            "A hole and a pothole near the sidewalk", "POTHOLE", id="one kind is named more often"
        ),
        pytest.param("sidewalk sidewalk sidewalk pothole", "POTHOLE", id="a word counts once"),
        pytest.param("pothole on the other side", "POTHOLE", id="words of the rest do not count"),
        pytest.param("Something else", "OTHER", id="no keyword"),
        pytest.param("", "OTHER", id="no words"),
    ],
)
def test_a_text_is_of_the_kind_that_it_names_best(text: str, code: str) -> None:
    assert kind(text) == code


def test_kinds_of_keywords_share_the_probability() -> None:
    read = read_text("Hole in sidewalk by a pothole, and a pothole", LAKESIDE)

    assert likely_kinds(read, LAKESIDE) == [("SIDEWALK", 0.75), ("POTHOLE", 0.25)]


def test_below_the_share_of_the_city_the_kind_is_unsure() -> None:
    kinds = [KindProbability("POTHOLE", 0.44), KindProbability("SIDEWALK", 0.4)]

    assert choose_code(kinds, LAKESIDE) == "OTHER"
    assert choose_code(kinds, replace(LAKESIDE, unsure_below=0.44)) == "POTHOLE"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("someone ran over our stop sign, it is flat", "ROW-STOPSIGN"),
        ("the hillside let go above us", "ROW-LANDSLIDE"),
        ("it smells of gas in the hall", "ROW-GAS"),
        ("loud party next door, it is after midnight", "NOISE-NIGHT"),
        ("my trash was not picked up", "TRASH-MISSED"),
        ("signal does not turn green", "ROW-SIGNAL-MINOR"),
        ("a dead raccoon at the curb", "ROW-DEADANIMAL"),
        ("no hay luz en mi calle", "ROW-STREETLIGHT"),
        ("somebody put up a tent in the park", "CAMP-REPORT"),
        ("pot hole by the fire hydrant", "ROW-POTHOLE"),
        ("hello", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_everyday_words_name_a_kind(text: str, code: str) -> None:
    assert kind(text, PORTLAND) == code


def test_a_text_has_five_likely_kinds_at_most_and_never_the_rest() -> None:
    kinds = likely_kinds(read_text("graffiti and trash by the broken bench", PORTLAND), PORTLAND)

    assert len(kinds) == 5
    assert "OTHER" not in {kind.code for kind in kinds}
    assert list(kinds) == sorted(kinds, key=lambda kind: -kind.probability)


def test_a_text_in_an_unknown_language_has_no_likely_kind() -> None:
    read = read_text("Qirsh qorlaq murshgul trixpol zwonk", PORTLAND)

    assert likely_kinds(read, PORTLAND) == ()
