"""The conversation: one question, its answer, and the end of its time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from services.intake.channels.mail.rules.machine import (
    ANSWER_WITHIN,
    SUBJECT,
    MailConversation,
    MailReport,
    Question,
    on_answer,
    on_due,
    on_report,
    question_texts,
)
from services.intake.channels.sms.rules.wording import QUESTION_MARKS
from services.intake.records.notes import StatedPlace
from tests.support.builders import NOON
from tests.support.intake.sms_talk import PORTLAND
from tests.support.intake.texts import LANGUAGES, spoken
from tests.unit.intake.channels.mail.test_corpus import READER

SECOND = timedelta(seconds=1)
BENCH = "A bench is broken"


def report(words: str = BENCH, **changes: Any) -> MailReport:
    made = MailReport("1", words, "", NOON, NOON + ANSWER_WITHIN, "ana@example.org", "Ana")
    return replace(made, **changes)


def asked(question: Question = "where", **changes: Any) -> MailConversation:
    return MailConversation(question, "en", report(**changes))


@pytest.mark.parametrize(
    ("question", "answer", "place"),
    [
        pytest.param("where", "NE 33rd and Fremont, by the shop", "NE 33rd and Fremont", id="sure"),
        pytest.param("where", "behind the\nold mill", "behind the old mill", id="in any words"),
        pytest.param("where", "I don't know", None, id="nobody knows"),
        pytest.param("where", "so long " * 26, None, id="no place is that long"),
        pytest.param("what_where", "the old mill", None, id="not sure to be the place"),
        pytest.param("what", "it is broken", None, id="what alone"),
    ],
)
def test_an_answer_completes_the_report_whatever_it_says(
    question: Question, answer: str, place: str | None
) -> None:
    step = on_answer(asked(question), answer, (), READER)

    assert step.submit
    assert (step.submit.words, step.submit.place) == (f"{BENCH}\n\n{answer}", place)
    assert step.question is None


def test_a_thank_you_answers_nothing_and_its_words_stay() -> None:
    step = on_answer(asked(), "thank you", (), READER)

    assert step.submit is None
    assert step.keep == report(words=f"{BENCH}\n\nthank you", language="en")


def test_a_picture_is_an_answer() -> None:
    step = on_answer(asked(media=("a",)), "", ("b",), READER)

    assert step.submit
    assert (step.submit.words, step.submit.media) == (BENCH, ("a", "b"))


@pytest.mark.parametrize(
    ("question", "answer", "place"),
    [
        ("danger_where", "It is at 1221 SW 4th Ave", StatedPlace("1221 SW 4th Ave", is_sure=True)),
        ("danger_where", "on Main St", StatedPlace("on Main St", is_sure=False)),
        ("what", "on Main St", None),
        ("danger_where", "hurry", None),
    ],
)
def test_an_answer_about_a_request_is_a_note_with_the_place_that_it_tells(
    question: Question, answer: str, place: StatedPlace | None
) -> None:
    state = MailConversation(question, "en", None, "26-7KQ4-M2")
    step = on_answer(state, answer, (), READER)

    assert (step.note, step.place) == (answer, place)


def test_time_ends_a_report_once_it_is_over() -> None:
    due = NOON + ANSWER_WITHIN
    over = on_due(asked(), due)

    assert on_due(asked(), due - SECOND) is None
    assert over
    assert over.submit == report()
    assert on_due(MailConversation("where", number="26-7KQ4-M2"), due) is None


def test_what_nobody_wrote_becomes_nothing() -> None:
    empty = asked("what_where", words="")
    over = on_due(empty, NOON + ANSWER_WITHIN)

    assert over
    assert over.submit is None
    assert on_report(report(words=""), READER, may_ask=False).submit is None
    assert on_report(report(words="", attached="memo.m4a"), READER, may_ask=False).submit


def test_nobody_is_asked_about_a_danger_without_an_address() -> None:
    step = on_report(report("A power line is down and sparking"), READER, may_ask=False)

    assert step.submit
    assert step.question is None


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("A power line is down and sparking", "danger_where"),
        ("I want to kill myself", "crisis_where"),
        ("I want to kill myself at 1221 SW 4th Ave", None),
    ],
)
def test_the_place_of_a_danger_is_asked_for(words: str, question: Question | None) -> None:
    step = on_report(report(words), READER, may_ask=True)

    assert step.submit
    assert step.question == question


@pytest.mark.parametrize("question", ["crisis", "crisis_where"])
def test_the_crisis_line_comes_before_911(question: Question) -> None:
    text = spoken(*question_texts(question, PORTLAND), language="es")

    assert text.startswith("Usted nos importa.")
    assert 0 < text.index("988") < text.index("911")


@pytest.mark.parametrize("language", [None, *LANGUAGES])
@pytest.mark.parametrize("question", get_args(Question))
def test_each_question_but_an_answer_in_a_crisis_has_one_question_mark(
    question: Question, language: str | None
) -> None:
    texts = question_texts(question, PORTLAND)
    text = spoken(SUBJECT, *texts, language=language, number="26-7KQ4-M2", phone="311")

    has_mark = question != "crisis" and language != "ja"  # where a full stop ends a question
    assert sum(map(text.count, QUESTION_MARKS)) == has_mark
    assert "{" not in text
