"""The person's language, and the size of the answers."""

from collections.abc import Iterable

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.conversation import IncomingText, Reply
from services.intake.channels.sms.rules.wording import MAX_REPLY, QUESTION_MARKS, fit
from services.intake.channels.status_view import STATUS_TEXT
from shared.catalogue import LocalText, ProgramText, danger_advice
from tests.support.builders import NOON
from tests.support.intake.sms_talk import PORTLAND, Talk, reply
from tests.support.intake.texts import LANGUAGES, spoken

NUMBER = "26-7KQ4-ABCDEF"


def test_spanish_is_answered_in_spanish_to_the_end() -> None:
    talk = Talk()

    replies = [reply(talk.say(t)) for t in ("Hola", "hay un bache", "calle 82 y Powell", "SÍ")]

    assert replies == [
        spoken(wording.WELCOME, language="es"),
        spoken(wording.ASK_WHERE, language="es"),
        "¿Está en un carril de bicicletas? Responda SÍ o NO.",
        spoken(wording.ACCEPTED, language="es"),
    ]
    assert talk.conversation.language == "es"


def test_who_changes_the_language_is_answered_in_the_new_one() -> None:
    talk = Talk()
    talk.say("there is a pothole")
    talk.say("NE 33rd & Fremont")  # a place is no language

    step = talk.say("está muy hondo y lleno de agua")

    assert reply(step) == spoken(wording.ACCEPTED, language="es")


@pytest.mark.parametrize(
    ("word", "of_contact", "language"),
    [
        pytest.param("YES", None, "en", id="a word of English"),
        pytest.param("YES", "es-MX", "en", id="who has words in Spanish"),
        pytest.param("YES", "vi", None, id="who is asked for the English word"),
        pytest.param("AYUDA", "vi", "es", id="a word of Spanish"),
        pytest.param("there is a pothole", "vi", "en", id="a sentence"),
    ],
)
def test_an_english_command_is_no_language_of_who_named_another(
    word: str, of_contact: str | None, language: str | None
) -> None:
    step = Talk().take(IncomingText("SM1", word, NOON, language=of_contact))

    assert step.conversation.language == language


def test_a_language_that_we_do_not_speak_is_answered_in_english_and_kept() -> None:
    talk = Talk()

    assert reply(talk.say("路上有一个大洞")) == wording.ASK_WHERE.en
    assert talk.conversation.language is None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_answer_fits(language: str) -> None:
    def longest(texts: Iterable[ProgramText | LocalText]) -> ProgramText | LocalText:
        return max(texts, key=lambda text: len(spoken(text, language=language)))

    kinds = PORTLAND.services.values()
    question = longest(one.name for kind in kinds for one in kind.attributes)
    status = [longest(kind.name for kind in kinds), longest(STATUS_TEXT.values())]
    danger = [one.text for one in danger_advice(("self_harm",), PORTLAND)]
    answers: list[Reply] = [
        *((text,) for text in vars(wording).values() if isinstance(text, ProgramText)),
        (*danger, wording.PASSED_ON, wording.ASK_WHERE),
        (*danger, wording.NOTE_ADDED),
        (question, wording.ASK_YES_NO),
        (wording.STATUS.filled(status=""), *status),
    ]
    for texts in answers:
        phone = PORTLAND.phone_in(language)
        text = spoken(*texts, language=language, number=NUMBER, phone=phone)
        assert len(text) <= MAX_REPLY, text
        assert sum(map(text.count, QUESTION_MARKS)) <= 1


def test_what_is_too_long_all_the_same_is_cut() -> None:
    assert fit("x" * 320) == "x" * 320
    assert fit("x" * 321) == "x" * 319 + "…"
