"""Advice for dangers to life."""

from dataclasses import replace

import pytest

from shared.catalogue import danger_advice, load_catalogue
from shared.catalogue.advice import CRISIS_LINE
from shared.spoken_languages import ADVICE, load_languages
from shared.vocabulary import DangerClass

LANGUAGES = load_languages(ADVICE, unreviewed=True)
CITY = load_catalogue().jurisdictions["portland.gov"]


@pytest.mark.parametrize(
    ("dangers", "codes"),
    [
        ((), ["call_911"]),
        (("fire", "gas"), ["call_911"]),
        (("self_harm",), ["call_crisis_line", "call_911"]),
        (("weapon", "self_harm"), ["call_crisis_line", "call_911"]),
    ],
)
def test_the_crisis_line_comes_first_where_a_person_may_harm_themselves(
    dangers: tuple[DangerClass, ...], codes: list[str]
) -> None:
    assert [one.code for one in danger_advice(dangers, CITY)] == codes


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_is_the_one_of_the_catalogue(language: str) -> None:
    line = replace(CITY.agencies[CRISIS_LINE], name="A Friend", phone="116 123")
    elsewhere = replace(CITY, agencies={CRISIS_LINE: line})

    text = LANGUAGES[language].say(danger_advice(("self_harm",), elsewhere)[0].text)

    assert "116 123" in text
    assert "A Friend" in text
    assert "988" not in text


def test_a_city_without_a_line_advises_911() -> None:
    without = replace(CITY, agencies={})

    assert [one.code for one in danger_advice(("self_harm",), without)] == ["call_911"]
