"""Kinds of ordinary reports: each has an English wording, and none is an emergency."""

from shared.catalogue import load_catalogue
from shared.text_matching import fold
from workbench.demo.scenario.kinds import kinds
from workbench.demo.scenario.randomness import seeded_random


def test_every_kind_of_the_day_is_in_the_catalogue_and_has_words_in_english() -> None:
    services = load_catalogue().jurisdictions["portland.gov"].services
    for kind in kinds().values():
        assert kind.code in services
        assert kind.en


def test_no_words_are_there_for_a_kind_that_never_comes() -> None:
    assert all(kind.per_mille > 0 for kind in kinds().values())


def test_a_language_without_words_falls_back_to_the_one_with() -> None:
    rng = seeded_random(1, "test")
    assert kinds()["ROW-STOPSIGN"].random_text("es", "SE Stark St", rng)[1] == "en"
    text, language = kinds()["ROW-POTHOLE"].random_text("es", "SE Stark St", rng)
    assert language == "es"
    assert "SE Stark St" in text


def test_ordinary_words_tell_of_no_danger_to_life() -> None:
    city = load_catalogue().jurisdictions["portland.gov"]
    for kind in kinds().values():
        for text in (*kind.en, *kind.es):
            met = {hit.code for hit in city.phrases.find(fold(text))}
            assert city.emergency(city.services[kind.code], met) is None, text
