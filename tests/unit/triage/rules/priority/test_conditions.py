import pytest

from services.triage.rules.priority.score import MatchedConditions, matched_conditions
from shared.catalogue.report_reader import ReportReader
from tests.support.triage.factories import CITY

READER = ReportReader(CITY)


def met(
    text: str = "", answers: dict[str, object] | None = None, kind: str = "CAMP"
) -> MatchedConditions:
    judgement = READER.read(CITY.services[kind], text, answers or {})
    labels = ("sounds_urgent", "sounds_dangerous")
    return {c: e for c, e in matched_conditions(judgement).items() if c not in labels}


def sounds(text: str = "", answers: dict[str, object] | None = None) -> MatchedConditions:
    conditions = READER.read(CITY.services["CAMP"], text, answers or {}).conditions
    return {code: words for code, words in conditions.items() if code.startswith("sounds_")}


def test_words_state_a_condition_and_are_its_evidence() -> None:
    assert met("Tent is BLOCKING the lane") == {"lane_blocked": "blocking the lane"}
    assert met("La tienda bloquea el carril") == {"lane_blocked": "bloquea el carril"}


def test_denied_words_state_nothing() -> None:
    assert met("It is not blocking the lane, no fire") == {}


@pytest.mark.parametrize("answer", ["yes", "Yes", "SÍ", True, ["no", "yes"]])
def test_a_yes_in_a_field_of_the_conditions_name_states_it(answer: object) -> None:
    assert met(answers={"sparking": answer}) == {"sparking": "sparking"}


@pytest.mark.parametrize("answer", ["no", False, None, "", [], "unknown"])
def test_any_other_answer_states_nothing(answer: object) -> None:
    assert met(answers={"sparking": answer}) == {}


def test_a_chosen_answer_states_what_the_catalogue_says_and_the_field_is_the_evidence() -> None:
    assert met(answers={"lane": "blocked"}) == {"lane_blocked": "lane"}
    assert met(answers={"lane": "free"}) == {}


def test_an_answer_in_own_words_counts_as_text() -> None:
    found = met(answers={"remarks": "the power line is sparking"})

    assert (found["power_line"], found["sparking"]) == ("power line", "sparking")
    assert met(answers={"remarks": "no fire"}) == {}


def test_a_key_chosen_from_a_list_is_not_read_as_words() -> None:
    assert met(answers={"on_fire": "fire"}) == {}


def test_words_are_better_evidence_than_an_answer() -> None:
    assert met("lane blocked", {"lane": "blocked"}) == {"lane_blocked": "lane blocked"}


def test_a_condition_said_twice_has_the_first_evidence() -> None:
    assert met("sparks, sparking")["sparking"] == "sparks"


def test_words_that_prove_nothing_alone_state_a_condition_together() -> None:
    assert sounds("Something heavy is tilting up there") == {"sounds_urgent": "heavy … tilting"}
    assert sounds("something heavy is tilting a toy") == {}
    assert sounds(answers={"remarks": "the crane, it is tilting"}) == {
        "sounds_urgent": "crane … tilting"
    }


def test_two_known_words_among_unknown_ones_are_too_few_to_judge() -> None:
    assert sounds("the crane is tilting") == {"sounds_urgent": "crane … tilting"}
    assert sounds("de kraan crane staat scheef tilting en valt om") == {}


def test_a_condition_of_the_phrases_weighs_in_the_text_as_a_whole() -> None:
    assert sounds("fire") == {"sounds_urgent": "fire"}
    assert sounds("smoke on the roof") == {
        "sounds_fire": "smoke … roof",
        "sounds_urgent": "smoke … roof",
    }
    assert sounds("smoke, no fire") == {}


def test_a_phrase_that_all_other_words_speak_against_is_doubted() -> None:
    assert met("a film on fire at the club") == {"doubted": "on fire"}
    assert met("a film on fire") == {"fire": "on fire"}


def test_a_hazard_is_doubted_too_and_other_facts_are_not() -> None:
    assert met("a toy is blocking the lane by the power line") == {
        "doubted": "blocking the lane",
        "power_line": "power line",
    }


def test_a_danger_is_not_doubted_in_an_urgent_text() -> None:
    text = "a film on fire at the club, the crane is tilting"

    assert met(text) == {"fire": "on fire"}
    assert sounds(text).keys() == {"sounds_urgent"}


def test_a_danger_whose_phrases_are_all_denied_is_none() -> None:
    assert "sounds_fire" in sounds("smoke on the roof, help")
    assert "sounds_fire" not in sounds("smoke on the roof, help, there is no fire")


def test_an_answer_is_never_doubted() -> None:
    assert met("a film at the club", {"sparking": "yes"}) == {"sparking": "sparking"}
