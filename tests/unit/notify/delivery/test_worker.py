import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from services.notify.delivery.updates import ClaimedDelivery, DeliveryUpdate, SendOutcome
from shared.contract.events import new_id
from shared.errors import DatabaseDownError
from tests.builders import NOON, contact_given
from tests.unit.notify.delivery.harness import LEASE, DeliveryHarness, FakeMailer, report
from tests.unit.notify.factories import (
    closed,
    moved,
    opened,
    triaged,
)
from tests.unit.notify.fakes import InMemoryNotify
from tests.waiting import eventually


async def test_what_is_due_is_sent_once_and_reported(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    worker = harness.worker

    assert await worker.poll_once() == "busy"
    assert await worker.poll_once() == "idle"

    ((mailbox, subject),) = harness.mails
    assert mailbox == "ana@example.org"
    assert subject.startswith("We got your report 26-")
    (sent,) = harness.store.published
    assert sent.type == "route311.notification.sent.v1"
    assert sent.data.provider_id == f"<{sent.data.notification_id}@city.example>"
    assert harness.states == ["sent"]


async def test_nothing_is_sent_while_erasures_are_unread(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    harness.may_send = False

    assert await harness.worker.poll_once() == "idle"
    assert (harness.states, harness.mails) == (["pending"], [])

    harness.may_send = True
    assert await harness.worker.poll_once() == "busy"


async def test_as_many_are_sent_at_a_time_as_there_are_mailers(harness: DeliveryHarness) -> None:
    harness.mailers.append(FakeMailer())
    for n in range(3):
        await harness.receive(report(f"p{n}@example.org"))
    worker = harness.worker

    await worker.poll_once()
    assert sorted(harness.states) == ["pending", "sent", "sent"]
    await worker.poll_once()

    assert harness.states == ["sent"] * 3
    assert len(set(harness.mails)) == 3


async def test_the_most_urgent_goes_first(harness: DeliveryHarness) -> None:
    await harness.receive(report("routine@example.org", "P4"))
    await harness.receive(report("urgent@example.org", "P1"))

    await harness.worker.poll_once()

    assert [mailbox for mailbox, _ in harness.mails] == ["urgent@example.org"]


async def test_a_person_hears_of_a_case_in_order(harness: DeliveryHarness) -> None:
    harness.mailers += [FakeMailer(), FakeMailer()]
    request_id, case_id = new_id(), new_id()
    await harness.receive(
        [
            closed(case_id, 3),
            moved(case_id, 2, "in_progress"),
            opened(request_id, case_id),
            triaged(request_id, case_id),
            contact_given(request_id),
        ]
    )
    worker = harness.worker

    for _ in range(3):
        await worker.poll_once()

    got = sorted((row.stored.delivery.trigger.version, row.state) for row in harness.store.rows)
    assert got == [(1, "sent"), (2, "sent"), (3, "sent")]
    assert [subject.split()[0] for _, subject in harness.mails] == ["We", "Work", "The"]


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


class LeaseRecorder(FakeMailer):
    """Records the lease of each delivery while it is sent."""

    def __init__(self, store: InMemoryNotify) -> None:
        super().__init__()
        self.leases: list[datetime | None] = []
        self._store = store

    @override
    async def send(self, mailbox: str, message: bytes) -> SendOutcome:
        self.leases += [row.lease_until for row in self._store.rows if row.state == "sending"]
        return await super().send(mailbox, message)


async def test_what_is_being_sent_is_the_senders_until_its_lease_is_over(
    harness: DeliveryHarness,
) -> None:
    await harness.receive(report())
    recorder = LeaseRecorder(harness.store)
    harness.mailers = [recorder]

    await harness.worker.poll_once()

    assert recorder.leases == [NOON + LEASE]


async def test_a_contact_that_is_gone_gets_nothing(harness: DeliveryHarness) -> None:
    events = report()
    await harness.receive(events)
    await harness.receive([contact_given(events[0].data.request_id, email=None)])

    await harness.worker.poll_once()

    (failed,) = harness.store.published
    assert failed.data.reason == "contact_gone"
    assert harness.mails == []


async def test_a_message_about_a_city_that_is_not_in_the_catalogue_waits(
    harness: DeliveryHarness,
) -> None:
    request_id, case_id = new_id(), new_id()
    of_unknown_city = triaged(request_id, case_id, request={"jurisdiction": "nowhere.gov"})
    await harness.receive([contact_given(request_id), of_unknown_city, opened(request_id, case_id)])

    await harness.worker.poll_once()

    assert (harness.states, harness.store.rows[0].reason) == (["pending"], "unknown_city")


class FlakyStore(InMemoryNotify):
    """A store whose first call of each method fails."""

    def __init__(self) -> None:
        super().__init__()
        self._failed_once: set[str] = set()

    @override
    async def record(self, updates: Sequence[DeliveryUpdate]) -> None:
        self._fail_first("settle")
        await super().record(updates)

    @override
    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        self._fail_first("claim")
        return await super().claim(limit, now, lease_until)

    def _fail_first(self, call: str) -> None:
        if call not in self._failed_once:
            self._failed_once.add(call)
            raise DatabaseDownError("away")


async def running(harness: DeliveryHarness, until: Callable[[], bool]) -> None:
    stopping = asyncio.Event()

    async def reached() -> bool:
        return until()

    async with asyncio.TaskGroup() as group:
        group.create_task(harness.worker.run(stopping))
        await eventually(reached)
        stopping.set()


async def test_a_database_that_is_away_delays_a_message_and_doubles_none(
    harness: DeliveryHarness,
) -> None:
    harness.store = FlakyStore()
    await harness.receive(report())

    await running(harness, lambda: harness.states == ["sent"])

    assert len(harness.mails) == len(harness.store.published) == 1


async def test_it_sends_until_asked_to_stop(harness: DeliveryHarness) -> None:
    for n in range(5):
        await harness.receive(report(f"p{n}@example.org"))

    await running(harness, lambda: harness.states == ["sent"] * 5)

    assert len(harness.mails) == 5


async def test_it_goes_on_by_itself_when_the_server_is_back(harness: DeliveryHarness) -> None:
    await harness.receive(report())
    harness.mailers[0].outcomes = [SendOutcome("unreachable", "sender_lost")] * 2

    await running(harness, lambda: harness.states == ["sent"])

    assert len(harness.mails) == 1
