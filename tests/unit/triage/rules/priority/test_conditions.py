import pytest

from services.triage.rules.priority.conditions import ConditionFinder, MatchedConditions
from tests.unit.triage.factories import CITY

FINDER = ConditionFinder(CITY)


def met(
    text: str = "", answers: dict[str, object] | None = None, kind: str = "CAMP"
) -> MatchedConditions:
    return FINDER.find(CITY.services[kind], text, answers or {})


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
    assert met(answers={"remarks": "the power line is sparking"}) == {
        "power_line": "power line",
        "sparking": "sparking",
    }
    assert met(answers={"remarks": "no fire"}) == {}


def test_a_key_chosen_from_a_list_is_not_read_as_words() -> None:
    assert met(answers={"on_fire": "fire"}) == {}


def test_words_are_better_evidence_than_an_answer() -> None:
    assert met("lane blocked", {"lane": "blocked"}) == {"lane_blocked": "lane blocked"}


def test_a_condition_said_twice_has_the_first_evidence() -> None:
    assert met("sparks, sparking") == {"sparking": "sparks"}


def test_words_that_prove_nothing_alone_state_a_condition_together() -> None:
    assert met("Something heavy is tilting up there") == {"sounds_urgent": "heavy … tilting"}
    assert met("something heavy is tilting a toy") == {}
    assert met(answers={"remarks": "the crane, it is tilting"}) == {
        "sounds_urgent": "crane … tilting"
    }


def test_a_phrase_that_all_other_words_speak_against_is_doubted() -> None:
    assert met("a film on fire at the club") == {"doubted": "on fire"}
    assert met("a film on fire") == {"fire": "on fire"}
    assert met("lane blocked by a film at the club") == {"lane_blocked": "lane blocked"}


def test_an_answer_is_never_doubted() -> None:
    assert met("a film at the club", {"sparking": "yes"}) == {"sparking": "sparking"}


def test_hints_state_nothing_where_a_phrase_of_their_sort_is_denied() -> None:
    assert met("smoke on the roof, help") == {"sounds_dangerous": "smoke … roof help"}
    assert met("smoke on the roof, help, but no fire") == {}
    assert met("smoke on the roof, help, sparks but no fire") == {"sparking": "sparks"}
    assert "sounds_dangerous" in met("smoke on the roof, help, not blocking the lane")
