from dataclasses import replace

import pytest

from services.intake.rules.classification import classify
from shared.catalogue import Phrases, load_catalogue
from tests.unit.intake.factories import LAKESIDE


def kind(text: str) -> str:
    return classify(text, LAKESIDE)


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
        pytest.param("Pothole next to the sidewalk", "OTHER", id="two kinds, equally far ahead"),
        pytest.param(
            "A hole and a pothole near the sidewalk", "POTHOLE", id="one kind is named more often"
        ),
        pytest.param("sidewalk sidewalk sidewalk pothole", "OTHER", id="a word counts once"),
        pytest.param("pothole on the other side", "POTHOLE", id="words of the rest do not count"),
        pytest.param("Something else", "OTHER", id="no keyword"),
        pytest.param("", "OTHER", id="no words"),
    ],
)
def test_a_text_is_of_the_kind_that_it_names_best(text: str, code: str) -> None:
    assert kind(text) == code


def test_a_keyword_that_two_kinds_share_is_no_evidence_for_either() -> None:
    known = LAKESIDE.services
    tree = Phrases(("tree",), ())
    both = {code: replace(known[code], keywords=tree) for code in ("POTHOLE", "SIDEWALK")}

    assert classify("a tree", replace(LAKESIDE, services={**known, **both})) == "OTHER"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("someone ran over our stop sign, it is flat", "ROW-STOPSIGN", id="told"),
        pytest.param("the hillside let go above us", "ROW-LANDSLIDE", id="told without a keyword"),
        pytest.param("no fallen tree here", "OTHER", id="denied"),
        pytest.param("it smells of gas in the hall", "ROW-GAS", id="an emergency that is told"),
        pytest.param("In case of a gas smell, what then?", "OTHER", id="one that is supposed"),
        pytest.param(
            "Potholes are deep, vehicles drive in the middle of the road to avoid hitting them",
            "ROW-POTHOLE",
            id="doubted",
        ),
        pytest.param(
            "The street sign was hit by a car late at night, it needs to be replaced",
            "OTHER",
            id="doubted, and no other kind",
        ),
        pytest.param(
            "This is a sink hole and is getting larger", "ROW-SINKHOLE", id="doubted, no emergency"
        ),
    ],
)
def test_what_a_text_tells_and_does_not_deny_names_its_kind(text: str, code: str) -> None:
    assert classify(text, load_catalogue().jurisdictions["portland.gov"]) == code
