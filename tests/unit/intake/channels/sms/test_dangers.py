"""A danger to life is never held by a question."""

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.records.notes import StatedPlace
from shared.catalogue import CALL_911, danger_advice
from tests.support.intake.sms_talk import NUMBER, PORTLAND, Talk, reply
from tests.support.intake.texts import spoken

POTHOLE = "Pothole at NE 33rd and Fremont"
WIRE = "A live wire is down and sparking on the sidewalk"


def test_a_danger_goes_on_at_once_and_the_place_is_asked_for_afterwards() -> None:
    talk = Talk()

    step = talk.say(WIRE)

    assert talk.submitted == [((WIRE,), None, {})]
    assert reply(step).startswith(CALL_911.en)
    assert reply(step).endswith(wording.ASK_WHERE.en)


@pytest.mark.parametrize(
    ("text", "language"), [("I want to kill myself", "en"), ("quiero matarme", "es")]
)
def test_who_may_harm_themselves_reads_the_crisis_line_first_and_911_beside_it(
    text: str, language: str
) -> None:
    line, call_911 = (
        spoken(one.text, language=language) for one in danger_advice(("self_harm",), PORTLAND)
    )
    talk = Talk()

    step, again = talk.say(text), talk.say(text)

    assert "988" in line
    assert reply(step).startswith(f"{line} {call_911}")
    assert reply(again).startswith(f"{line} {call_911}")
    assert talk.submitted == [((text,), None, {})]


@pytest.mark.parametrize("answer", ["in front of 1221 SW 4th Ave", "graffiti wall, SE 7th & Ash"])
def test_the_place_of_a_danger_is_a_note_whatever_it_says(answer: str) -> None:
    talk = Talk()
    talk.say(WIRE)

    step = talk.say(answer)

    assert talk.notes == [answer]
    assert reply(step) == f"Thank you. We added that to report {NUMBER}."
    assert len(talk.submitted) == 1


def test_the_place_of_a_danger_is_asked_for_once() -> None:
    talk = Talk()
    for text in (WIRE, "in front of 1221 SW 4th Ave"):
        talk.say(text)

    talk.say("thank you")
    talk.say("Pothole at SE 12th and Ash")

    assert talk.notes == ["in front of 1221 SW 4th Ave"]
    assert len(talk.submitted) == 2


def test_a_danger_with_a_place_is_not_asked_for_it() -> None:
    step = Talk().say(f"{WIRE} at 1221 SW 4th Ave")

    assert wording.ASK_WHERE.en not in reply(step)


def test_a_danger_in_a_second_text_takes_the_first_along() -> None:
    talk = Talk()
    talk.say("streetlight out")

    step = talk.say(WIRE)

    assert talk.submitted == [(("streetlight out", WIRE), None, {})]
    assert reply(step).startswith(CALL_911.en)


def test_a_danger_in_a_note_is_answered_with_advice_first() -> None:
    talk = Talk()
    talk.say(f"{WIRE} at 1221 SW 4th Ave")

    step = talk.say("the wire is still sparking")

    assert talk.notes == ["the wire is still sparking"]
    assert reply(step).startswith(CALL_911.en)


@pytest.mark.parametrize("first", [POTHOLE, "A bad smell of paint at SE 12th and Ash"])
def test_another_danger_is_a_report_of_its_own_and_its_place_is_asked_for(first: str) -> None:
    talk = Talk()
    talk.say(first)

    step = talk.say(WIRE)
    talk.say("in front of 1221 SW 4th Ave")

    assert [(texts, place) for texts, place, _ in talk.submitted][1:] == [((WIRE,), None)]
    assert reply(step).startswith(CALL_911.en)
    assert reply(step).endswith(wording.ASK_WHERE.en)
    assert talk.notes == ["in front of 1221 SW 4th Ave"]
    assert [place and place.words for place in talk.told] == ["1221 SW 4th Ave"]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param(WIRE, "the wire is still sparking", id="a condition of the report"),
        pytest.param("Huele a gas muy fuerte", "strong gas smell, people are dizzy", id="its kind"),
        pytest.param(POTHOLE, "the pothole is on fire", id="its kind, that was no danger"),
    ],
)
def test_the_same_danger_again_is_a_note(first: str, again: str) -> None:
    talk = Talk()
    talk.say(first)
    talk.say(again)

    assert talk.notes == [again]
    assert len(talk.submitted) == 1


def test_a_danger_told_in_a_note_is_the_same_one_afterwards() -> None:
    talk = Talk()
    for text in (POTHOLE, "the pothole is on fire", "it is on fire, hurry"):
        talk.say(text)

    assert talk.notes == ["the pothole is on fire", "it is on fire, hurry"]


def test_another_danger_while_the_place_of_the_first_is_asked_for_is_a_report_of_its_own() -> None:
    talk = Talk()
    talk.say(WIRE)
    talk.say("strong gas smell, people are dizzy")

    assert [texts for texts, *_ in talk.submitted] == [
        (WIRE,),
        ("strong gas smell, people are dizzy",),
    ]


@pytest.mark.parametrize(
    ("answer", "words", "is_sure"),
    [
        pytest.param("it is at 1221 SW 4th Ave", "1221 SW 4th Ave", True, id="a house"),
        pytest.param("behind the\nold mill", "behind the old mill", False, id="in any words"),
        pytest.param("I don't know, near a school", None, None, id="nobody knows"),
        pytest.param("hurry", None, None, id="no place"),
        pytest.param("near the " + "o" * 200, None, None, id="no place is that long"),
    ],
)
def test_the_answer_tells_the_place_of_a_danger(
    answer: str, words: str | None, is_sure: bool | None
) -> None:
    talk = Talk()
    talk.say(WIRE)
    talk.say(answer)

    assert talk.notes == [answer]
    assert talk.told == [words and StatedPlace(words, is_sure=bool(is_sure))]


def test_a_place_that_nobody_knew_may_be_told_again_in_a_form_that_is_sure() -> None:
    talk = Talk()
    for text in (WIRE, "behind the old mill", "near the school", "The wire is at 5000 SE Stark"):
        talk.say(text)

    assert [place and place.words for place in talk.told] == [
        "behind the old mill",
        None,
        "5000 SE Stark",
    ]


def test_a_text_about_a_request_with_a_place_tells_none() -> None:
    talk = Talk()
    talk.say(POTHOLE)
    talk.say("the pothole is near SE 12th and Ash", names=NUMBER)

    assert talk.told == [None]


def test_somebody_silent_is_not_asked_and_the_danger_goes_on() -> None:
    talk = Talk()
    talk.say("STOP")

    step = talk.say(WIRE)

    assert (reply(step), step.asks_where) == ("", False)
    assert len(talk.submitted) == 1
