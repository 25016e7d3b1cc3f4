"""From the first text to the request."""

from datetime import timedelta

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.machine import ANSWER_WITHIN, QUESTION_WITHIN
from tests.support.intake.sms_talk import Talk, reply

WHAT_AND_WHERE = "Pothole at NE 33rd and Fremont"


def test_a_text_with_what_and_where_is_a_request_at_once() -> None:
    talk = Talk()

    step = talk.say(WHAT_AND_WHERE)

    assert talk.submitted == [((WHAT_AND_WHERE,), "NE 33rd and Fremont", {})]
    assert reply(step) == wording.ACCEPTED.en
    assert step.conversation.draft is None


def test_one_thing_is_asked_at_a_time_and_the_kinds_question_last() -> None:
    talk = Talk()

    asked = [reply(talk.say(text)) for text in ("hello", "a pothole", "NE 33rd & Fremont")]
    done = talk.say("yes")

    assert asked[:2] == [wording.WELCOME.en, wording.ASK_WHERE.en]
    assert asked[2] == "Is it in a bike lane? Reply YES or NO."
    assert all(text.count("?") == 1 for text in asked)
    assert reply(done) == wording.ACCEPTED.en
    assert talk.submitted == [
        (("a pothole", "NE 33rd & Fremont"), "NE 33rd & Fremont", {"bike_lane": "yes"})
    ]


def test_where_may_come_before_what() -> None:
    talk = Talk()

    first, second = talk.say("4520 SE Woodstock Blvd"), talk.say("overflowing trash can")

    assert (reply(first), reply(second)) == (wording.ASK_WHAT.en, wording.ACCEPTED.en)
    assert talk.submitted == [
        (("4520 SE Woodstock Blvd", "overflowing trash can"), "4520 SE Woodstock Blvd", {})
    ]


@pytest.mark.parametrize(
    "place",
    [
        "behind the library",
        "82 y Powell",
        "by the big tree",
        "the school",
        "corner of Burnside and MLK",
        "SE Hawthorne Blvd",
        "in front of Powell's",
        "Powells Books",
    ],
)
def test_an_answer_that_looks_like_a_place_is_the_place(place: str) -> None:
    talk = Talk()
    talk.say("overflowing trash can")
    talk.say(place)

    assert talk.submitted == [(("overflowing trash can", place), place, {})]


def test_what_does_not_look_like_a_place_is_kept_and_the_place_asked_for_once_more() -> None:
    talk = Talk()
    talk.say("overflowing trash can")

    again = talk.say("it looks awful")
    talk.say("fred meyer")

    assert reply(again) == wording.ASK_WHERE_AGAIN.en
    assert talk.submitted == [
        (("overflowing trash can", "it looks awful", "fred meyer"), "fred meyer", {})
    ]


def test_who_does_not_know_the_place_is_not_asked_for_ever() -> None:
    talk = Talk()
    for text in ("overflowing trash can", "it looks awful", "I don't know"):
        talk.say(text)

    assert talk.submitted == [
        (("overflowing trash can", "it looks awful", "I don't know"), None, {})
    ]


def test_the_same_text_again_gets_the_same_question_and_is_no_answer() -> None:
    talk = Talk()

    first, again = talk.say("behind my house old tires"), talk.say("Behind my house, old tires!")

    assert reply(first) == reply(again) == wording.ASK_WHERE.en
    assert again.conversation.draft == first.conversation.draft


@pytest.mark.parametrize("text", ["hello?", "please help", "", "gracias"])
def test_a_greeting_is_no_answer_and_not_kept(text: str) -> None:
    talk = Talk()
    talk.say("a pothole")
    talk.say("it is awful")

    again = talk.say(text)

    assert reply(again).startswith(("We added that. We still need", "Lo agregamos. Todavía"))
    assert again.conversation.draft
    assert again.conversation.draft.texts == ("a pothole", "it is awful")


def test_what_the_words_say_already_is_not_asked() -> None:
    talk = Talk()
    talk.say("deep pothole in the bike lane, I crashed my bike")

    assert reply(talk.say("NE 33rd & Fremont")) == (
        "Has it damaged a tire or a wheel? Reply YES or NO."
    )


def test_other_words_instead_of_yes_or_no_are_kept_and_end_the_questions() -> None:
    talk = Talk()
    for text in ("a pothole", "NE 33rd & Fremont", "it is deep"):
        talk.say(text)

    assert talk.submitted == [
        (("a pothole", "NE 33rd & Fremont", "it is deep"), "NE 33rd & Fremont", {})
    ]


@pytest.mark.parametrize(
    ("texts", "within", "place"),
    [
        pytest.param(["a pothole"], ANSWER_WITHIN, None, id="what alone"),
        pytest.param(["NE 33rd & Fremont"], ANSWER_WITHIN, "NE 33rd & Fremont", id="where alone"),
        pytest.param(
            ["a pothole", "NE 33rd & Fremont"],
            QUESTION_WITHIN,
            "NE 33rd & Fremont",
            id="all but the answer to the kind's question",
        ),
    ],
)
def test_what_waits_too_long_goes_on_as_it_is(
    texts: list[str], within: timedelta, place: str | None
) -> None:
    talk = Talk()
    for text in texts:
        talk.say(text)

    assert talk.wait(within - timedelta(seconds=1)) is None
    over = talk.wait(timedelta(seconds=1))

    assert over
    assert reply(over) == ""
    assert talk.submitted == [(tuple(texts), place, {})]
    assert talk.wait(ANSWER_WITHIN) is None


def test_greetings_alone_become_nothing() -> None:
    talk = Talk()
    replies = {reply(talk.say(text)) for text in ("Hi", "I want to report a problem", "", "ok")}

    assert replies == {wording.WELCOME.en}
    assert talk.wait(ANSWER_WITHIN) is None


def test_a_kind_that_needs_no_place_is_not_asked_for_one() -> None:
    talk = Talk()

    assert reply(talk.say("they took my tent, where do I get it back")) == wording.ACCEPTED.en
