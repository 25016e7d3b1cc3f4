"""The day's words: one wording at least for every kind, and none that cries for help."""

from cli.demo.scenario.chance import chance
from cli.demo.scenario.kinds import KINDS
from cli.demo.scenario.texts import says, texts
from shared.catalogue import load_catalogue
from shared.text_matching import fold


def test_every_kind_of_the_day_is_in_the_catalogue_and_has_words_in_english() -> None:
    services = load_catalogue().jurisdictions["portland.gov"].services
    for kind in KINDS:
        assert kind.code in services
        assert texts()[kind.code]["en"]


def test_no_words_are_there_for_a_kind_that_never_comes() -> None:
    assert set(texts()) == {kind.code for kind in KINDS}


def test_a_language_without_words_falls_back_to_the_one_with() -> None:
    assert says("ROW-STOPSIGN", "es", "SE Stark St", chance(1, "test"))[1] == "en"
    text, language = says("ROW-POTHOLE", "es", "SE Stark St", chance(1, "test"))
    assert language == "es"
    assert "SE Stark St" in text


def test_ordinary_words_tell_of_no_danger_to_life() -> None:
    city = load_catalogue().jurisdictions["portland.gov"]
    for code, by_language in texts().items():
        for text in (text for wordings in by_language.values() for text in wordings):
            met = {hit.code for hit in city.phrases.find(fold(text))}
            assert city.emergency(city.services[code], met) is None, text
