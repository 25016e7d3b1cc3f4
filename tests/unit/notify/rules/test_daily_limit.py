from collections import Counter
from datetime import date, timedelta

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
from tests.unit.notify.factories import stored, trigger

DAYS = [NOON.date(), NOON.date() + timedelta(days=1)]
NOTHING = MessagesOfDay({}, ())
DELIVERIES = st.lists(
    st.builds(
        lambda person, day, channel, priority, flooded: stored(
            person=person,
            day=day,
            channel=channel,
            contact={"email": person, "sms": "number"}[channel],
            trigger=trigger(priority=priority),
            suppressed="contact_flooded" if flooded else None,
        ),
        st.sampled_from("ab"),
        st.sampled_from(DAYS),
        st.sampled_from(["email", "sms"]),
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
    return Counter(key for one in deliveries for key in reader_days(one.delivery))


def sent(new: list[StoredDelivery], known: MessagesOfDay) -> list[StoredDelivery]:
    excess = over_limit(new, known)
    return [one for one in new if one not in excess and counts(one.delivery)]


@given(DELIVERIES, KNOWN)
def test_no_person_and_no_number_gets_more_than_the_limit_a_day_over_all_channels(
    new: list[StoredDelivery], known: dict[tuple[str, object], int]
) -> None:
    of_day = MessagesOfDay(known, ())  # type: ignore[arg-type]

    for key, count in totals_of(sent(new, of_day)).items():
        assert count + of_day.counted.get(key, 0) <= MAX_PER_DAY


@given(DELIVERIES)
def test_what_fits_goes_out_in_order_and_what_is_urgent_always(new: list[StoredDelivery]) -> None:
    excess = over_limit(new, NOTHING)

    for index, one in enumerate(new):
        before = totals_of([e for e in new[:index] if counts(e.delivery) and e not in excess])
        is_full = max(before[key] for key in reader_days(one.delivery)) == MAX_PER_DAY
        assert (one in excess) == (is_full and counts(one.delivery))
    assert all(one.delivery.trigger.priority != "P1" for one in excess)


@given(DELIVERIES, st.integers(0, 40))
def test_in_two_batches_it_is_the_same_as_in_one(new: list[StoredDelivery], cut: int) -> None:
    first, second = new[:cut], new[cut:]
    of_first = sent(first, NOTHING)
    known = MessagesOfDay(totals_of(of_first), ())

    assert of_first + sent(second, known) == sent(new, NOTHING)


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
