from datetime import timedelta

import pytest

from services.notify.delivery.worker import delivery_update, next_attempt_at
from services.notify.records import ClaimedDelivery
from shared.contract.events import (
    Event,
    NotificationFailed,
    NotificationSent,
    NotificationUnknown,
)
from shared.runtime.smtp import SendOutcome
from tests.support.builders import NOON
from tests.support.notify.factories import message_data, stored

PROVIDER_ID = "<0197@city.example>"


def claimed(deferrals: int = 0) -> ClaimedDelivery:
    return ClaimedDelivery(
        stored(), deferrals, "ana@example.org", suppressed=None, data=message_data()
    )


@pytest.mark.parametrize(
    ("outcome", "state", "reported"),
    [
        (SendOutcome("accepted"), "sent", NotificationSent),
        (SendOutcome("refused", "recipient_550"), "failed", NotificationFailed),
        (SendOutcome("unknown", "content_lost"), "unknown", NotificationUnknown),
        (SendOutcome("deferred", "recipient_450"), "pending", None),
        (SendOutcome("unreachable", "connection_lost"), "pending", None),
    ],
)
def test_an_end_is_reported_and_what_goes_on_is_not(
    outcome: SendOutcome, state: str, reported: type[Event] | None
) -> None:
    settled = delivery_update(claimed(), outcome, NOON)

    assert settled.state == state
    assert type(settled.event) is (reported or type(None))


def test_what_was_sent_bears_the_id_that_finds_it_at_the_server() -> None:
    event = delivery_update(claimed(), SendOutcome("accepted", provider_id=PROVIDER_ID), NOON).event

    assert event is not None
    assert event.data.provider_id == PROVIDER_ID


def test_what_failed_says_why() -> None:
    event = delivery_update(claimed(), SendOutcome("refused", "recipient_550"), NOON).event

    assert event is not None
    assert (event.data.reason, event.data.provider_id) == ("recipient_550", None)


def test_what_is_put_off_waits_longer_each_time() -> None:
    first = delivery_update(claimed(0), SendOutcome("deferred"), NOON)
    second = delivery_update(claimed(1), SendOutcome("deferred"), NOON)

    assert (first.deferrals, second.deferrals) == (1, 2)
    assert first.not_before is not None
    assert second.not_before is not None
    assert NOON < first.not_before < second.not_before


def test_what_is_put_off_for_a_day_fails() -> None:
    settled = delivery_update(claimed(28), SendOutcome("deferred", "recipient_450"), NOON)

    assert (settled.state, settled.reason) == ("failed", "recipient_450")
    assert isinstance(settled.event, NotificationFailed)


def test_a_server_that_is_away_costs_a_message_nothing() -> None:
    settled = delivery_update(claimed(3), SendOutcome("unreachable"), NOON)

    assert settled.deferrals == 3
    assert settled.not_before == NOON < NOON + timedelta(seconds=1)


def test_pauses_grow_and_never_pass_an_hour() -> None:
    pauses = [next_attempt_at(n, NOON) for n in range(28)]

    assert None not in pauses
    waits = [at - NOON for at in pauses if at]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=5)
    assert waits[-1] == timedelta(hours=1)


def test_it_is_given_up_after_a_day() -> None:
    tried_for = sum(
        (at - NOON for n in range(28) if (at := next_attempt_at(n, NOON))), start=timedelta()
    )

    assert timedelta(hours=23) < tried_for < timedelta(hours=25)
    assert next_attempt_at(28, NOON) is None
