"""YES and NO as the answer to "Is it fixed?", beside every other question that may be open."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.conversation import Conversation, IncomingText, Step
from services.intake.records.notes import AskedRequest
from tests.support.builders import NOON
from tests.support.intake.sms_talk import NUMBER, Talk, reply
from tests.support.intake.texts import spoken

DONE = AskedRequest("request", "case", "26-8LR5-N3", "ROW-POTHOLE", NOON)


class Asked(Talk):
    """A person who was asked whether a request is fixed."""

    def answer(self, body: str) -> Step:
        text = IncomingText("SM-answer", body, self.now, asked=DONE)
        return self.take(text)


@pytest.mark.parametrize(
    ("word", "fixed", "said"),
    [
        ("NO", False, wording.NOT_FIXED.en),
        ("n", False, wording.NOT_FIXED.en),
        ("Yes", True, wording.FIXED.en),
        ("SÍ", True, spoken(wording.FIXED, language="es")),
    ],
)
def test_a_word_alone_is_the_answer(word: str, said: str, *, fixed: bool) -> None:
    step = Asked().answer(word)

    assert step.says_fixed is fixed
    assert reply(step) == said.replace("{number}", DONE.tracking_number)


def test_what_follows_a_no_is_a_note_about_it() -> None:
    talk = Asked()
    talk.answer("NO")
    step = talk.say("The hole is only half filled")

    assert step.note is not None
    assert step.note.number == DONE.tracking_number


def test_more_than_a_word_is_no_answer() -> None:
    step = Asked().answer("No, there is a pothole at NE 33rd and Fremont")

    assert step.says_fixed is None
    assert step.submit is not None


def test_a_question_of_the_kind_is_asked_later_and_so_is_answered_first() -> None:
    talk = Asked()
    talk.say("There is a big pothole")
    asked = talk.say("82nd and Powell")
    step = talk.answer("no")

    assert wording.ASK_YES_NO.en in reply(asked)
    assert (step.says_fixed, step.submit is not None) == (None, True)


def test_an_open_question_that_it_cannot_answer_is_asked_again() -> None:
    talk = Asked()
    talk.say("There is a big pothole")
    step = talk.answer("NO")

    thanks = wording.NOT_FIXED.en.replace("{number}", DONE.tracking_number)
    assert step.says_fixed is False
    assert reply(step) == f"{thanks} {wording.ASK_WHERE.en}"
    assert reply(step).count("?") == 1
    assert step.conversation.draft == talk.conversation.draft


def test_a_silent_person_is_heard_and_not_answered() -> None:
    talk = Asked(conversation=replace(Conversation(), is_silent=True))
    step = talk.answer("NO")

    assert (step.says_fixed, reply(step)) == (False, "")


def test_without_the_question_a_word_is_a_note_to_the_report_it_follows() -> None:
    talk = Talk()
    talk.say("Pothole at NE 33rd and Fremont")
    step = talk.say("NO")

    assert (step.says_fixed, step.note is not None) == (None, True)
    assert step.note is not None
    assert step.note.number == NUMBER


@pytest.mark.parametrize("body", ["When did you fix it?", "No?", "Yes?", "\u00bfCu\u00e1ndo?"])
def test_a_question_is_no_answer_but_a_note_and_the_question_is_asked_again(body: str) -> None:
    step = Asked().answer(body)

    assert (step.says_fixed, step.submit) == (None, None)
    assert step.note is not None
    assert step.note.number == DONE.tracking_number
    language = step.conversation.language or "en"
    assert reply(step).endswith(spoken(wording.ASK_FIXED, language=language))


def test_a_question_about_another_place_or_a_day_later_is_a_report() -> None:
    elsewhere = Asked().answer("Can you fix the pothole at NE 33rd and Fremont?")
    later = Asked(now=NOON + timedelta(hours=24)).answer("Why is there trash everywhere?")

    assert elsewhere.submit is not None
    assert later.note is None


@pytest.mark.parametrize("body", ["What do you mean?", "Why?"])
def test_a_question_of_the_kind_is_asked_again_where_a_question_comes_back(body: str) -> None:
    talk = Talk()
    talk.say("There is a big pothole")
    talk.say("82nd and Powell")
    step = talk.say(body)

    assert step.submit is None
    assert wording.ASK_YES_NO.en in reply(step)
    assert talk.say("no").submit is not None
    assert body in talk.submitted[0][0]
