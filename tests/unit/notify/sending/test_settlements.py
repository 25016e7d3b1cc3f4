from datetime import timedelta

import pytest

from services.notify.delivery.updates import ClaimedDelivery, Outcome, delivery_update
from shared.contract.events import (
    Event,
    NotificationFailed,
    NotificationSent,
    NotificationUnknown,
)
from tests.builders import NOON
from tests.unit.notify.factories import kept, particulars

PROVIDER_ID = "<0197@city.example>"


def claimed(put_off: int = 0) -> ClaimedDelivery:
    return ClaimedDelivery(kept(), put_off, "ana@example.org", particulars())


@pytest.mark.parametrize(
    ("outcome", "state", "reported"),
    [
        (Outcome("taken"), "sent", NotificationSent),
        (Outcome("refused", "recipient_550"), "failed", NotificationFailed),
        (Outcome("unknown", "content_lost"), "unknown", NotificationUnknown),
        (Outcome("put_off", "recipient_450"), "pending", None),
        (Outcome("unreachable", "connection_lost"), "pending", None),
    ],
)
def test_an_end_is_reported_and_what_goes_on_is_not(
    outcome: Outcome, state: str, reported: type[Event] | None
) -> None:
    settled = delivery_update(claimed(), outcome, NOON, PROVIDER_ID)

    assert settled.state == state
    assert type(settled.report) is (reported or type(None))


def test_what_was_sent_bears_the_id_that_finds_it_at_the_server() -> None:
    report = delivery_update(claimed(), Outcome("taken"), NOON, PROVIDER_ID).report

    assert report is not None
    assert report.data.provider_id == PROVIDER_ID


def test_what_failed_says_why() -> None:
    report = delivery_update(
        claimed(), Outcome("refused", "recipient_550"), NOON, PROVIDER_ID
    ).report

    assert report is not None
    assert (report.data.reason, report.data.provider_id) == ("recipient_550", None)


def test_what_is_put_off_waits_longer_each_time() -> None:
    first = delivery_update(claimed(0), Outcome("put_off"), NOON, PROVIDER_ID)
    second = delivery_update(claimed(1), Outcome("put_off"), NOON, PROVIDER_ID)

    assert (first.put_off, second.put_off) == (1, 2)
    assert first.not_before is not None
    assert second.not_before is not None
    assert NOON < first.not_before < second.not_before


def test_what_is_put_off_for_a_day_fails() -> None:
    settled = delivery_update(claimed(28), Outcome("put_off", "recipient_450"), NOON, PROVIDER_ID)

    assert (settled.state, settled.reason) == ("failed", "recipient_450")
    assert isinstance(settled.report, NotificationFailed)


def test_a_server_that_is_away_costs_a_message_nothing() -> None:
    settled = delivery_update(claimed(3), Outcome("unreachable"), NOON, PROVIDER_ID)

    assert settled.put_off == 3
    assert settled.not_before == NOON < NOON + timedelta(seconds=1)
