"""Words that stand alone in a text, in two languages."""

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.wording import read_command
from services.intake.identifiers import tracking_number
from tests.support.intake.sms_talk import NUMBER, Talk, reply
from tests.support.intake.texts import spoken

REAL = tracking_number(1234567890123, 2026)
STOPS = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "PARAR", "ALTO"]
STARTS = ["START", "UNSTOP", "COMENZAR"]
SPANISH = {"PARAR", "ALTO", "COMENZAR", "ESTADO", "AYUDA", "SI", "SÍ"}


def language_of(word: str) -> str:
    return "es" if word.upper() in SPANISH else "en"


@pytest.mark.parametrize("word", [*STOPS, "stop", " Stop. ", "alto!"])
def test_stop_is_confirmed_once_and_then_nothing_is_answered(word: str) -> None:
    talk = Talk()

    first = talk.say(word)
    then = [talk.say(text) for text in (word, "a pothole", "NE 33rd & Fremont", "STATUS", "hi")]

    language = language_of(word.strip(" .!"))
    assert reply(first) == spoken(wording.STOPPED, language=language)
    assert first.opted_out is True
    assert [(reply(step), step.opted_out) for step in then] == [("", None)] * 5
    assert talk.submitted == [(("a pothole", "NE 33rd & Fremont"), "NE 33rd & Fremont", {})]


@pytest.mark.parametrize("word", ["HELP", "INFO", "AYUDA", "ayuda"])
def test_help_is_answered_even_in_silence(word: str) -> None:
    talk = Talk()
    talk.say("STOP")

    assert reply(talk.say(word)) == spoken(wording.HELP, language=language_of(word))


@pytest.mark.parametrize("word", STARTS)
def test_start_ends_the_silence(word: str) -> None:
    talk = Talk()
    talk.say("STOP")

    first, again = talk.say(word), talk.say(word)

    told = spoken(wording.STARTED, language=language_of(word))
    assert (reply(first), first.opted_out) == (told, False)
    assert (reply(again), again.opted_out) == (told, None)
    assert reply(talk.say("a pothole"))


@pytest.mark.parametrize("word", ["STATUS", "Estado"])
def test_status_is_about_the_number_behind_it_or_the_latest_report(word: str) -> None:
    talk = Talk()

    unknown = talk.say(word)
    talk.say("Pothole at NE 33rd and Fremont")
    latest = talk.say(word)
    other = talk.say(f"{word} {REAL.replace('-', '').lower()}")
    mistyped = talk.say(f"{word} 26-1234-56")

    language = language_of(word)
    assert reply(unknown) == spoken(wording.STATUS_WHICH, language=language)
    assert (latest.status_of, other.status_of) == (NUMBER, REAL)
    assert reply(other) == spoken(wording.STATUS, language=language).replace("{number}", REAL)
    assert reply(mistyped) == spoken(wording.STATUS_UNKNOWN, language=language)
    assert talk.notes == []


@pytest.mark.parametrize("word", ["YES", "si", "Sí", "NO"])
def test_yes_and_no_without_a_question_start_no_report(word: str) -> None:
    talk = Talk()

    assert reply(talk.say(word)) == spoken(wording.NOTHING_ASKED, language=language_of(word))
    assert talk.conversation.draft is None


@pytest.mark.parametrize(
    ("word", "answer"), [("YES", "yes"), ("y", "yes"), ("SÍ", "yes"), ("No.", "no")]
)
def test_yes_and_no_answer_the_question_of_the_kind(word: str, answer: str) -> None:
    talk = Talk()
    for text in ("a pothole", "NE 33rd & Fremont", word):
        talk.say(text)

    assert [answers for _, _, answers in talk.submitted] == [{"bike_lane": answer}]


def test_yes_while_something_else_is_asked_gets_the_question_again() -> None:
    talk = Talk()
    talk.say("a pothole")

    assert reply(talk.say("yes")) == wording.ASK_WHERE.en


def test_a_command_leaves_the_open_question_open() -> None:
    talk = Talk()
    talk.say("a pothole")
    for word in ("HELP", "STATUS", "STOP", "START"):
        talk.say(word)
    talk.say("NE 33rd & Fremont")
    talk.say("NO")

    assert len(talk.submitted) == 1


@pytest.mark.parametrize(
    "text", ["Stop sign is down", "end of the street", "status of my street", "no lights", "", "¿?"]
)
def test_a_word_among_others_is_no_command(text: str) -> None:
    assert read_command(text) is None
