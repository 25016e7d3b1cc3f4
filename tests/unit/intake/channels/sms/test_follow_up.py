"""Texts after a request: more words about it, or another report."""

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.machine import ANSWER_WITHIN
from services.intake.identifiers import tracking_number
from tests.support.intake.sms_talk import MINUTE, NUMBER, Talk, reply

FIRST = "Pothole at NE 33rd and Fremont"
OTHER = tracking_number(1234567890123, 2026)


@pytest.mark.parametrize(
    "text",
    [
        "it is getting bigger",
        pytest.param(FIRST, id="the same again"),
        pytest.param("Big pothole, NE 33rd and Fremont!!", id="the same in other words"),
        pytest.param("YES", id="a word without a question"),
        pytest.param("also graffiti on the wall", id="something else without a place"),
    ],
)
def test_a_later_text_is_a_note(text: str) -> None:
    talk = Talk()
    talk.say(FIRST)

    step = talk.say(text)

    assert talk.notes == [text]
    assert reply(step) == f"Thank you. We added that to report {NUMBER}."
    assert len(talk.submitted) == 1


@pytest.mark.parametrize("text", ["Graffiti at NE 33rd and Fremont", "Pothole at SE 12th & Ash"])
def test_another_kind_or_place_is_another_report(text: str) -> None:
    talk = Talk()
    talk.say(FIRST)
    talk.say(text)

    assert [texts for texts, *_ in talk.submitted] == [(FIRST,), (text,)]
    assert talk.notes == []


def test_thanks_are_answered_and_not_kept() -> None:
    talk = Talk()
    talk.say(FIRST)

    assert reply(talk.say("Thank you!")) == wording.ALREADY_TAKEN.en.replace("{number}", NUMBER)
    assert talk.notes == []


def test_a_day_after_the_last_word_a_text_is_a_new_report() -> None:
    talk = Talk()
    talk.say(FIRST)
    talk.say("it is getting bigger", after=ANSWER_WITHIN - MINUTE)
    talk.say("it is still there", after=ANSWER_WITHIN - MINUTE)
    step = talk.say("a pothole", after=ANSWER_WITHIN)

    assert len(talk.notes) == 2
    assert reply(step) == wording.ASK_WHERE.en


def test_an_answer_that_comes_a_day_late_is_a_note_to_what_went_on_without_it() -> None:
    talk = Talk()
    talk.say("a pothole")
    talk.say("NE 33rd and Fremont", after=ANSWER_WITHIN + MINUTE)

    assert talk.submitted == [(("a pothole",), None, {})]
    assert talk.notes == ["NE 33rd and Fremont"]


def test_a_number_in_a_text_names_the_report_and_leaves_the_open_one_open() -> None:
    talk = Talk()
    talk.say("a pothole")

    step = talk.say(f"{OTHER} is not fixed", names=OTHER)

    assert step.note
    assert (step.note.number, step.note.text) == (OTHER, f"{OTHER} is not fixed")
    assert step.conversation.draft


def test_a_number_alone_asks_for_its_status() -> None:
    assert Talk().say(OTHER, names=OTHER).status_of == OTHER
