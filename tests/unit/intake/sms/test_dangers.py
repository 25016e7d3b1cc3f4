"""A danger to life is never held by a question."""

import pytest

from services.intake.rules.sms import wording
from tests.unit.intake.sms.talking import NUMBER, Talk, reply

WIRE = "A live wire is down and sparking on the sidewalk"


def test_a_danger_goes_on_at_once_and_the_place_is_asked_for_afterwards() -> None:
    talk = Talk()

    step = talk.say(WIRE)

    assert talk.submitted == [((WIRE,), None, {})]
    assert reply(step).startswith(wording.DANGER.en)
    assert reply(step).endswith(wording.ASK_WHERE.en)


@pytest.mark.parametrize("answer", ["in front of 1221 SW 4th Ave", "graffiti wall, SE 7th & Ash"])
def test_the_place_of_a_danger_is_a_note_whatever_it_says(answer: str) -> None:
    talk = Talk()
    talk.say(WIRE)

    step = talk.say(answer)

    assert talk.notes == [answer]
    assert step.reply == f"Thank you. We added that to report {NUMBER}."
    assert len(talk.submitted) == 1


def test_the_place_of_a_danger_is_asked_for_once() -> None:
    talk = Talk()
    for text in (WIRE, "in front of 1221 SW 4th Ave"):
        talk.say(text)

    talk.say("thank you")
    talk.say("Graffiti at SE 12th and Ash")

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
    assert reply(step).startswith(wording.DANGER.en)


def test_a_danger_in_a_note_is_answered_with_advice_first() -> None:
    talk = Talk()
    talk.say("Streetlight out at NE 33rd and Fremont")

    step = talk.say(WIRE)

    assert talk.notes == [WIRE]
    assert reply(step).startswith(wording.DANGER.en)


def test_somebody_silent_is_not_asked_and_the_danger_goes_on() -> None:
    talk = Talk()
    talk.say("STOP")

    step = talk.say(WIRE)

    assert (step.reply, step.asks_where) == (None, False)
    assert len(talk.submitted) == 1
