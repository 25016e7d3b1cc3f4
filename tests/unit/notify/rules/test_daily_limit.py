from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.rules.daily_limit import (
    MAX_PER_DAY,
    MessagesOfDay,
    counts,
    digests_for,
    over_limit,
    reader_days,
)
from services.notify.rules.model import StoredDelivery
from tests.support.builders import NOON
from tests.support.notify.factories import stored, trigger

DAYS = [NOON.date(), NOON.date() + timedelta(days=1)]
NOTHING = MessagesOfDay({}, ())
DELIVERIES = st.lists(
    st.builds(
        lambda person, day, channel, case, priority, flooded: stored(
            person=person,
            day=day,
            channel=channel,
            contact={"email": person, "sms": "number"}[channel],
            trigger=trigger(f"case {case}", priority=priority, template="scheduled"),
            suppressed="contact_flooded" if flooded else None,
        ),
        st.sampled_from("ab"),
        st.sampled_from(DAYS),
        st.sampled_from(["email", "sms"]),
        st.integers(0, 20),
        st.sampled_from(["P1", "P4", "P4", "P4"]),
        st.sampled_from([True, False, False, False]),
    ),
    min_size=20,
    max_size=60,
)
READERS = ["a", "b", "number"]
KNOWN = st.dictionaries(
    st.tuples(st.sampled_from(READERS), st.sampled_from(DAYS)), st.integers(0, 9)
)


def totals_of(deliveries: list[StoredDelivery]) -> Counter[tuple[str, date]]:
    heard = {
        (key, one.delivery.trigger.key) for one in deliveries for key in reader_days(one.delivery)
    }
    return Counter(key for key, _ in heard)


def sent(new: list[StoredDelivery], known: MessagesOfDay) -> list[StoredDelivery]:
    excess = over_limit(new, known)
    return [one for one in new if one not in excess and counts(one.delivery)]


@given(DELIVERIES, KNOWN)
def test_no_person_and_no_number_hears_of_more_than_the_limit_a_day(
    new: list[StoredDelivery], known: dict[tuple[str, object], int]
) -> None:
    of_day = MessagesOfDay(known, ())  # type: ignore[arg-type]

    for key, count in totals_of(sent(new, of_day)).items():
        assert count + of_day.counted.get(key, 0) <= MAX_PER_DAY


@given(DELIVERIES)
def test_what_fits_goes_out_in_order_and_what_is_urgent_always(new: list[StoredDelivery]) -> None:
    excess = over_limit(new, NOTHING)

    for index, one in enumerate(new):
        before = [e for e in new[:index] if counts(e.delivery) and e not in excess]
        totals, with_it = totals_of(before), totals_of([*before, one])
        is_over = any(
            with_it[key] > totals[key] == MAX_PER_DAY for key in reader_days(one.delivery)
        )
        assert (one in excess) == (is_over and counts(one.delivery))
    assert all(one.delivery.trigger.priority != "P1" for one in excess)


@given(DELIVERIES, st.integers(0, 40))
def test_in_two_batches_of_cases_it_is_the_same_as_in_one(
    new: list[StoredDelivery], cut: int
) -> None:
    new = list({one.delivery.trigger.key: one for one in new}.values())
    first, second = new[:cut], new[cut:]
    of_first = sent(first, NOTHING)
    known = MessagesOfDay(totals_of(of_first), ())

    assert of_first + sent(second, known) == sent(new, NOTHING)


def events(*templates: str) -> list[StoredDelivery]:
    """One event after the other in a case of one person, who wants e-mails and texts."""
    return [
        stored(
            channel=channel,
            contact=f"of {channel}",
            trigger=trigger("case", version, template=template),
        )
        for version, template in enumerate(templates, start=1)
        for channel in ("email", "sms")
    ]


def templates_of(excess: list[StoredDelivery]) -> list[str]:
    return [one.delivery.trigger.template for one in excess]


def test_an_event_by_two_channels_counts_once() -> None:
    six = events("received", "scheduled", "transferred", "scheduled", "overdue", "reopened")

    assert over_limit(six, NOTHING) == []
    assert len(over_limit([*six, *events("scheduled")[:1]], NOTHING)) == 0
    assert len(over_limit(six, MessagesOfDay({("ana", DAYS[0]): 1}, ()))) == 2


@pytest.mark.parametrize("template", ["completed", "declined", "waiting_for_resident", "question"])
def test_the_end_and_a_question_always_go_out(template: str) -> None:
    full = MessagesOfDay({("ana", DAYS[0]): MAX_PER_DAY}, ())

    assert over_limit(events(template), full) == []


def test_read_and_working_are_dropped_first() -> None:
    day = events(
        "received", "acknowledged", "scheduled", "in_progress", "acknowledged", "scheduled"
    )

    assert templates_of(over_limit(day, NOTHING)) == ["acknowledged"] * 2
    five = MessagesOfDay({("ana", DAYS[0]): MAX_PER_DAY - 1}, ())
    assert (
        templates_of(over_limit(events("acknowledged", "scheduled"), five)) == ["acknowledged"] * 2
    )


@given(DELIVERIES)
def test_whoever_is_over_the_limit_gets_one_digest_a_day(new: list[StoredDelivery]) -> None:
    excess = over_limit(new, NOTHING)
    digests = digests_for(excess, NOTHING)
    keys = [key for one in digests for key in reader_days(one)]

    assert len(keys) == len(set(keys))
    assert all(reader_days(one.delivery) & set(keys) for one in excess)
    assert len({one.trigger.subject_id for one in digests}) == len(digests)
    assert digests_for(excess, MessagesOfDay({}, keys)) == []
    assert not any(counts(one) for one in digests)
