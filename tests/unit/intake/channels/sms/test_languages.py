"""The person's language, and the size of the answers."""

from collections.abc import Iterator

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.wording import MAX_REPLY, fit, say
from services.intake.channels.status_view import STATUS_TEXT
from shared.catalogue import LocalText, danger_advice
from tests.support.intake.sms_talk import PORTLAND, Talk

NUMBER = "26-7KQ4-ABCDEF"


def test_spanish_is_answered_in_spanish_to_the_end() -> None:
    talk = Talk()

    replies = [talk.say(t).reply for t in ("Hola", "hay un bache", "calle 82 y Powell", "SÍ")]

    assert replies == [
        wording.WELCOME.es,
        wording.ASK_WHERE.es,
        "¿Está en un carril de bicicletas? Responda SÍ o NO.",
        wording.ACCEPTED.es,
    ]
    assert talk.conversation.language == "es"


def test_who_changes_the_language_is_answered_in_the_new_one() -> None:
    talk = Talk()
    talk.say("there is a pothole")
    talk.say("NE 33rd & Fremont")  # a place is no language

    step = talk.say("está muy hondo y lleno de agua")

    assert step.reply == wording.ACCEPTED.es


def test_a_language_that_we_do_not_speak_is_answered_in_english_and_kept() -> None:
    talk = Talk()

    assert talk.say("路上有一个大洞").reply == wording.ASK_WHERE.en
    assert talk.conversation.language is None


def longest(texts: Iterator[LocalText], language: str) -> LocalText:
    return max(texts, key=lambda text: len(text.in_language(language)))


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_answer_fits(language: str) -> None:
    def questions() -> Iterator[LocalText]:
        for kind in PORTLAND.services.values():
            yield from (one.name for one in kind.attributes)

    name = longest((kind.name for kind in PORTLAND.services.values()), language)
    status = longest(iter(STATUS_TEXT.values()), language)
    danger = [one.text for one in danger_advice(("self_harm",), PORTLAND)]
    answers = [
        *([text] for text in vars(wording).values() if isinstance(text, LocalText)),
        [*danger, wording.PASSED_ON, wording.ASK_WHERE],
        [*danger, wording.NOTE_ADDED],
        [longest(questions(), language), wording.ASK_YES_NO],
        [wording.STATUS, name, status],
    ]
    for texts in answers:
        text = say(language, *texts).replace("{phone}", PORTLAND.phone)
        assert len(text.replace("{number}", NUMBER)) <= MAX_REPLY, text
        assert text.count("?") <= 1


def test_what_is_too_long_all_the_same_is_cut() -> None:
    assert fit("x" * 320) == "x" * 320
    assert fit("x" * 321) == "x" * 319 + "…"
