"""Whatever people write, in any order and at any time."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.sms.rules.conversation import MAX_ANSWERS
from services.intake.channels.sms.rules.machine import ANSWER_WITHIN
from services.intake.channels.sms.rules.wording import MAX_REPLY, fit, read_command
from tests.support.intake.sms_talk import READER, Talk, reply

TEXTS = st.sampled_from(
    [
        *("hi", "gracias", "", "YES", "no", "STOP", "START", "HELP", "ESTADO", "I don't know"),
        *("a pothole", "hay un bache", "broken bench", "it is awful", "graffiti again"),
        *("NE 33rd and Fremont", "82 y Powell", "4520 SE Woodstock Blvd", "behind the school"),
        *("Pothole at NE 12th and Couch", "Grafiti en 1221 SW 4th Ave"),
        *("A live wire is down and sparking", "persona herida en la calle"),
    ]
)
GAPS = st.sampled_from([timedelta(minutes=1), timedelta(minutes=11), timedelta(hours=25)])


@given(st.lists(st.tuples(TEXTS, GAPS), max_size=12))
def test_no_word_is_lost_or_taken_twice_and_nothing_stays_open(
    said: list[tuple[str, timedelta]],
) -> None:
    talk = Talk()
    for text, gap in said:
        talk.say(text, after=gap)
    talk.wait(ANSWER_WITHIN)

    words = [text for text, _ in said]
    taken = [text for texts, *_ in talk.submitted for text in texts] + talk.notes
    for text in set(words):
        if read_command(text) is None and not READER.read(text).is_empty:
            assert text in taken, text
    for text in set(taken):
        assert taken.count(text) <= words.count(text)
    assert talk.conversation.draft is None
    ids = [step.submit.first_id for step in talk.steps if step.submit]
    assert len(ids) == len(set(ids))


@given(st.lists(st.one_of(TEXTS, st.text(max_size=200)), max_size=6))
def test_every_answer_is_short_and_asks_one_thing_at_most(texts: list[str]) -> None:
    talk = Talk()
    for text in texts:
        answer = reply(talk.say(text))
        assert len(fit(answer)) <= MAX_REPLY
        assert answer.count("?") <= 1


def test_a_machine_that_answers_every_answer_gets_twenty_an_hour_and_loses_no_word() -> None:
    talk, second = Talk(), timedelta(seconds=1)
    answers = [reply(talk.say(f"I am driving {n}", after=second)) for n in range(60)]
    stopped = reply(talk.say("STOP", after=second))
    talk.say("START", after=second)
    later = reply(talk.say("HELP", after=timedelta(hours=1)))

    assert [bool(one) for one in answers] == [True] * MAX_ANSWERS + [False] * (60 - MAX_ANSWERS)
    assert stopped
    assert later
    talk.wait(ANSWER_WITHIN)
    taken = [text for texts, *_ in talk.submitted for text in texts] + talk.notes
    assert set(taken) == {f"I am driving {n}" for n in range(60)}
