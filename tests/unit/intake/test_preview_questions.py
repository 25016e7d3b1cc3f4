"""Questions that a text leaves open."""

from dataclasses import replace

import pytest

from services.intake.preview import open_questions
from shared.catalogue import load_catalogue

CITY = load_catalogue().jurisdictions["portland.gov"]
DEBRIS = CITY.services["ROW-DEBRIS"]


def asked(*stated: str, answered: tuple[str, ...] = (), required: str = "") -> list[str]:
    questions = tuple(replace(one, required=one.code == required) for one in DEBRIS.attributes)
    kind = replace(DEBRIS, attributes=questions)
    return [one.code for one in open_questions(kind, CITY, stated, answered)]


def test_what_could_make_it_urgent_is_asked_first_then_what_is_required() -> None:
    assert DEBRIS.attributes[0].code == "lane_direction"
    assert asked()[:2] == ["bike_lane", "lane_blocked"]
    assert asked(required="debris_size")[:3] == ["bike_lane", "lane_blocked", "debris_size"]


@pytest.mark.parametrize(
    ("answered", "required", "is_asked"),
    [
        pytest.param((), "", False, id="the text answers it"),
        pytest.param(("lane_blocked",), "", True, id="it has an answer of its own"),
        pytest.param((), "lane_blocked", True, id="it is required"),
    ],
)
def test_what_the_text_states_is_not_asked(
    answered: tuple[str, ...], required: str, is_asked: bool
) -> None:
    left = asked("lane_blocked", answered=answered, required=required)

    assert ("lane_blocked" in left) is is_asked
    assert len(left) == len(DEBRIS.attributes) - (not is_asked)
