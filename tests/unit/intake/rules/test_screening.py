from typing import Any

import pytest

from services.intake.rules.screening import HazardScreen, Screening
from shared.catalogue import load_catalogue
from tests.support.intake.factories import CITY, LAKESIDE


def look(code: str, text: str = "", **answers: Any) -> Screening:
    return CITY.screen.screen(LAKESIDE.services[code], text, answers)


@pytest.mark.parametrize(
    ("code", "text", "answers", "express"),
    [
        pytest.param("POTHOLE", "", {}, False, id="a plain report"),
        pytest.param("SINKHOLE", "", {}, True, id="a kind that is always a hazard"),
        pytest.param("SIGNAL", "", {}, True, id="a kind of the highest priority"),
        pytest.param("POTHOLE", "Deep, in the RIGHT lane!", {}, True, id="words of a hazard"),
        pytest.param("POTHOLE", "En el carril derecho", {}, True, id="the same in Spanish"),
        pytest.param("POTHOLE", "", {"lane_blocked": "yes"}, True, id="an answer"),
        pytest.param("POTHOLE", "", {"lane_blocked": True}, True, id="an answer that is no text"),
        pytest.param("POTHOLE", "", {"lane_blocked": "no"}, False, id="the harmless answer"),
        pytest.param("SIDEWALK", "in the right lane", {}, False, id="a hazard for other kinds"),
        pytest.param("POTHOLE", "sparking", {}, False, id="half of an emergency"),
        pytest.param("SIDEWALK", "power line, sparking", {}, True, id="an emergency in any kind"),
    ],
)
def test_what_may_be_an_urgent_hazard_goes_by_the_express_lane(
    code: str, text: str, answers: dict[str, Any], express: bool
) -> None:
    assert look(code, text, **answers).express == express


@pytest.mark.parametrize(
    ("code", "text", "emergency"),
    [
        pytest.param("SIDEWALK", "A power line is sparking", "live_wire", id="all of it is said"),
        pytest.param("SIDEWALK", "A power line hangs low", None, id="the telling part is missing"),
        pytest.param("POTHOLE", "Sparking", None, id="the other part is missing"),
        pytest.param("WIRE", "It is sparking", "live_wire", id="the kind says the other part"),
        pytest.param("BOX", "By the power line", "live_wire", id="the kind says the telling part"),
        pytest.param("DROWNING", "", "life_in_danger", id="a kind that is one"),
    ],
)
def test_an_emergency_is_seen_when_all_of_it_is_there(
    code: str, text: str, emergency: str | None
) -> None:
    screening = look(code, text)

    assert screening.emergency == emergency
    assert screening.express or not emergency


def test_what_its_kind_sends_to_911_is_an_emergency() -> None:
    portland = load_catalogue().jurisdictions["portland.gov"]
    screen = HazardScreen(portland)

    fumes = {"fumes": "yes"}
    spill = screen.screen(portland.services["ROW-SPILL"], "please look at it", fumes)
    odor = screen.screen(portland.services["SEW-ODOR"], "please look at it", fumes)

    assert (spill.emergency, odor.emergency) == ("referred_to_911", None)


def test_a_plain_hazard_goes_the_express_way_under_any_kind() -> None:
    portland = load_catalogue().jurisdictions["portland.gov"]
    question = portland.services["INFO-GENERAL"]

    stated = HazardScreen(portland).screen(question, "The stop sign is gone", {})
    asked = HazardScreen(portland).screen(question, "When do you open?", {})

    assert (stated.express, asked.express) == (True, False)


def test_words_that_hint_at_danger_are_an_emergency_too() -> None:
    portland = load_catalogue().jurisdictions["portland.gov"]
    text = "a drum fell off a truck and whatever leaked out is burning our eyes and throats"

    look = HazardScreen(portland).screen(portland.services["OTHER"], text, {})

    assert (look.express, look.dangers) == (True, ("hazardous_material",))


@pytest.mark.parametrize(("is_classified", "express"), [(False, True), (True, False)])
def test_a_kind_that_was_guessed_makes_no_text_urgent(
    *, is_classified: bool, express: bool
) -> None:
    portland = load_catalogue().jurisdictions["portland.gov"]
    kind = portland.services["ROW-SINKHOLE"]
    text = "Please repave our street, it has been patched again and again"

    found = HazardScreen(portland).screen(kind, text, {}, is_classified=is_classified)

    assert found.express == express
