"""Answers to a team's question about a request, beside every other text."""

from datetime import timedelta

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.conversation import IncomingText, Step
from services.intake.records.notes import AskedRequest
from tests.support.builders import NOON
from tests.support.intake.sms_talk import NUMBER, Talk, reply

MOMENT = timedelta(seconds=30)
QUESTION = AskedRequest("request", "case", "26-8LR5-N3", "ROW-POTHOLE", NOON + MOMENT)
DONE = QUESTION._replace(tracking_number="26-9MS6-P4", at=NOON)


class Asked(Talk):
    """A person whom a team asked half a minute after noon."""

    def answer(self, body: str, *, asked: AskedRequest | None = None, pictures: int = 0) -> Step:
        self.now += timedelta(minutes=1)
        text = IncomingText(
            "SM-answer",
            body,
            self.now,
            asked=asked,
            has_pictures=pictures > 0,
            question=QUESTION,
        )
        return self.take(text)


@pytest.mark.parametrize(
    "body",
    ["The brown one by the door", "Yes", "no", "ok", "It is a pothole at SE 82nd and Powell"],
)
def test_a_text_is_the_answer_and_gets_one_back(body: str) -> None:
    step = Asked().answer(body)

    assert step.note is not None
    assert (step.note.number, step.note.text) == (QUESTION.tracking_number, body)
    assert step.submit is None
    assert reply(step) == wording.ANSWER_ADDED.en.replace("{number}", QUESTION.tracking_number)


def test_a_picture_alone_is_an_answer_and_belongs_to_the_request() -> None:
    step = Asked().answer("", pictures=1)

    assert (step.note, step.submit) == (None, None)
    assert step.conversation.request is not None
    assert step.conversation.request.number == QUESTION.tracking_number
    assert reply(step) == wording.ANSWER_ADDED.en.replace("{number}", QUESTION.tracking_number)


def test_of_two_questions_a_word_answers_the_later_one() -> None:
    team = Asked().answer("no", asked=DONE)
    fixed = Asked().answer("no", asked=DONE._replace(at=NOON + 2 * MOMENT))

    assert (team.says_fixed, team.note is not None) == (None, True)
    assert (fixed.says_fixed, fixed.note) == (False, None)


def test_another_danger_is_another_report() -> None:
    step = Asked().answer("A house is on fire at 4212 NE Broadway and people are inside")

    assert step.submit is not None
    assert step.note is None


def test_who_reported_something_since_goes_on_with_that() -> None:
    talk = Asked()
    talk.say("There is a big pothole")
    step = talk.answer("82nd and Powell")
    followed = Asked()
    followed.say("Dead raccoon near Laurelhurst Park")
    note = followed.answer("It is still there").note

    assert step.note is None
    assert note is not None
    assert note.number == NUMBER
