from collections.abc import Collection, Mapping

import pytest

from services.dispatch.rules.conditions import conditions_met
from tests.unit.dispatch.factories import CITY


def met(
    kind: str, text: str = "", reasons: Collection[str] = (), answers: Mapping[str, object] = {}
) -> frozenset[str]:
    return conditions_met(CITY.services[kind], CITY, answers=answers, text=text, reasons=reasons)


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        pytest.param("Two TENTS? No: a tent.", {}, {"tents", "signal_pole"}, id="by words"),
        pytest.param("", {"tents": "yes"}, {"tents", "signal_pole"}, id="by an answer"),
        pytest.param("", {"tents": "no"}, {"signal_pole"}, id="by the kind alone"),
        pytest.param("Stolen goods", {}, {"signal_pole"}, id="not what nobody asked for"),
    ],
)
def test_a_condition_is_met_by_the_kind_an_answer_or_words(
    text: str, answers: Mapping[str, object], found: set[str]
) -> None:
    assert met("SIDEWALK", text, answers=answers) == found


def test_words_about_a_hazard_of_the_kind_were_read_by_triage_and_count_by_its_reasons() -> None:
    assert met("CAMP", "nobody is swerving") == frozenset()
    assert met("CAMP", "nobody is swerving", reasons=["swerving"]) == {"swerving"}
    assert met("CAMP", "a chop shop", reasons=["base_p3"]) == {"crime"}


def test_a_kind_that_informs_nobody_on_condition_asks_for_none() -> None:
    assert met("POTHOLE", "a tent, swerving, stolen goods", reasons=["swerving"]) == frozenset()
