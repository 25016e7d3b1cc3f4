from typing import Any

import pytest

from services.intake.rules.screening import HazardScreen, QuickLook
from shared.catalogue import load_catalogue
from tests.support.intake.factories import CITY

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
BY_MODEL = QuickLook(PORTLAND, HazardScreen(PORTLAND))


@pytest.mark.parametrize(
    ("code", "answers", "may_be"),
    [
        pytest.param("POTHOLE", {}, False, id="a plain report"),
        pytest.param("SINKHOLE", {}, True, id="a kind that is always a hazard"),
        pytest.param("SIGNAL", {}, True, id="a kind of the highest priority"),
        pytest.param("POTHOLE", {"lane_blocked": "yes"}, True, id="an answer"),
        pytest.param("POTHOLE", {"lane_blocked": "no"}, False, id="the harmless answer"),
        pytest.param("unheard of", {"unheard of": [{}]}, False, id="nothing that is known"),
    ],
)
def test_a_kind_or_an_answer_may_make_a_report_urgent(
    code: str, answers: dict[str, Any], may_be: bool
) -> None:
    assert CITY.quick_look.may_be_urgent(code, "", answers) == may_be


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        ("A power line is down and sparking in the street, people walk past it", True),
        ("Hay un cable de luz caído y saca chispas en la calle", True),
        ("The light pole was hit by a car and leans over the sidewalk, wires hang out", True),
        ("Please prune the trees on our street", False),
        ("The bench near the playground needs paint", False),
        ("", False),
    ],
)
def test_a_text_alone_may_make_a_report_urgent(text: str, may_be: bool) -> None:
    assert BY_MODEL.may_be_urgent("", text, {}) == may_be
