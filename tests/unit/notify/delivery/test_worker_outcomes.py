from datetime import timedelta

from shared.runtime.smtp import SendOutcome
from tests.support.builders import NOON
from tests.support.notify.deliveries import LEASE, DeliveryHarness, report


async def test_a_server_that_cannot_be_reached_is_asked_before_anything_is_claimed(
    harness: DeliveryHarness,
) -> None:
    await harness.receive(report())
    harness.mailers[0].failure = "connection_lost"

    assert await harness.worker.poll_once() == "unreachable"
    assert harness.states == ["pending"]

    harness.mailers[0].failure = None
    await harness.worker.poll_once()
    assert harness.states == ["sent"]


async def test_a_connection_lost_before_the_hand_over_sends_it_later(
    harness: DeliveryHarness,
) -> None:
    await harness.receive(report())
    harness.mailers[0].outcomes = [SendOutcome("unreachable", "sender_lost")]

    assert await harness.worker.poll_once() == "unreachable"
    assert (harness.states, harness.store.published) == (["pending"], [])

    await harness.worker.poll_once()
    assert (harness.states, len(harness.mails)) == (["sent"], 1)


async def test_a_message_that_is_put_off_waits_its_pause(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    harness.mailers[0].outcomes = [SendOutcome("deferred", "recipient_450")]
    worker = harness.worker

    await worker.poll_once()
    assert await worker.poll_once() == "idle"
    assert harness.states == ["pending"]

    harness.clock.now += timedelta(seconds=5)
    await worker.poll_once()
    assert harness.states == ["sent"]


async def test_a_message_whose_contact_cannot_be_read_waits_a_day_for_its_key_and_holds_up_none(
    harness: DeliveryHarness,
) -> None:
    await harness.receive(report("ana@example.org"))
    await harness.receive(report("bea@example.org"))
    harness.store.unreadable = {"ana@example.org"}

    while harness.states != ["failed", "sent"]:
        assert await harness.worker.poll_once() != "unreachable"
        harness.clock.now += timedelta(minutes=30)

    assert harness.clock.now - NOON > timedelta(hours=23)
    assert [mailbox for mailbox, _ in harness.mails] == ["bea@example.org"]
    assert [one.data.reason for one in harness.store.published] == [None, "contact_unreadable"]


async def test_a_refused_message_fails_and_is_not_tried_again(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    harness.mailers[0].outcomes = [SendOutcome("refused", "recipient_550")]
    worker = harness.worker

    await worker.poll_once()
    assert await worker.poll_once() == "idle"

    (failed,) = harness.store.published
    assert (failed.type, failed.data.reason) == (
        "route311.notification.failed.v1",
        "recipient_550",
    )
    assert (harness.states, harness.mails) == (["failed"], [])


async def test_a_message_that_may_have_gone_out_is_not_sent_again(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    harness.mailers[0].outcomes = [SendOutcome("unknown", "content_lost")]
    worker = harness.worker

    await worker.poll_once()
    assert await worker.poll_once() == "idle"

    (unknown,) = harness.store.published
    assert (unknown.type, unknown.data.reason) == (
        "route311.notification.unknown.v1",
        "content_lost",
    )
    assert (harness.states, len(harness.mails)) == (["unknown"], 1)


async def test_what_a_dead_sender_left_is_unknown_once_its_lease_is_over(
    harness: DeliveryHarness,
) -> None:
    await harness.receive(report())
    await harness.store.claim(1, harness.clock.now, harness.clock.now + LEASE)

    harness.clock.now += LEASE
    assert await harness.worker.poll_once() == "idle"
    assert harness.states == ["sending"]

    harness.clock.now += timedelta(seconds=1)
    await harness.worker.poll_once()

    (unknown,) = harness.store.published
    assert (unknown.type, unknown.data.reason) == (
        "route311.notification.unknown.v1",
        "abandoned",
    )
    assert (harness.states, harness.mails) == (["unknown"], [])
