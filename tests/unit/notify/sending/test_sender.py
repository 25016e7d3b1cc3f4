import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from services.notify.delivery.updates import ClaimedDelivery, DeliveryUpdate, Outcome
from shared.contract.events import new_id
from shared.errors import DatabaseDownError
from tests.builders import NOON, contact_given
from tests.unit.notify.factories import (
    closed,
    moved,
    opened,
    triaged,
)
from tests.unit.notify.fakes import InMemoryNotify
from tests.unit.notify.sending.office import LEASE, FakeMailer, Office, report
from tests.waiting import eventually


async def test_what_is_due_is_sent_once_and_reported(office: Office) -> None:
    await office.know(report())
    sender = office.sender

    assert await sender.poll_once() == "busy"
    assert await sender.poll_once() == "idle"

    ((mailbox, subject),) = office.got
    assert mailbox == "ana@example.org"
    assert subject.startswith("We got your report 26-")
    (sent,) = office.store.published
    assert sent.type == "route311.notification.sent.v1"
    assert sent.data.provider_id == f"<{sent.data.notification_id}@city.example>"
    assert (office.states, office.wakes) == (["sent"], ["relay"])


async def test_as_many_are_sent_at_a_time_as_there_are_mailers(office: Office) -> None:
    office.mailers.append(FakeMailer())
    for n in range(3):
        await office.know(report(f"p{n}@example.org"))
    sender = office.sender

    await sender.poll_once()
    assert sorted(office.states) == ["pending", "sent", "sent"]
    await sender.poll_once()

    assert office.states == ["sent"] * 3
    assert len(set(office.got)) == 3


async def test_the_most_urgent_goes_first(office: Office) -> None:
    await office.know(report("routine@example.org", "P4"))
    await office.know(report("urgent@example.org", "P1"))

    await office.sender.poll_once()

    assert [mailbox for mailbox, _ in office.got] == ["urgent@example.org"]


async def test_a_person_hears_of_a_case_in_order(office: Office) -> None:
    office.mailers += [FakeMailer(), FakeMailer()]
    request_id, case_id = new_id(), new_id()
    await office.know(
        [
            closed(case_id, 3),
            moved(case_id, 2, "in_progress"),
            opened(request_id, case_id),
            triaged(request_id, case_id),
            contact_given(request_id),
        ]
    )
    sender = office.sender

    for _ in range(3):
        await sender.poll_once()

    got = sorted((row.kept.delivery.trigger.version, row.state) for row in office.store.rows)
    assert got == [(1, "sent"), (2, "sent"), (3, "sent")]
    assert [subject.split()[0] for _, subject in office.got] == ["We", "Work", "The"]


async def test_a_server_that_cannot_be_reached_is_asked_before_anything_is_claimed(
    office: Office,
) -> None:
    await office.know(report())
    office.mailers[0].hindrance = "connection_lost"

    assert await office.sender.poll_once() == "unreachable"
    assert office.states == ["pending"]

    office.mailers[0].hindrance = None
    await office.sender.poll_once()
    assert office.states == ["sent"]


async def test_a_connection_lost_before_the_hand_over_sends_it_later(office: Office) -> None:
    await office.know(report())
    office.mailers[0].outcomes = [Outcome("unreachable", "sender_lost")]

    assert await office.sender.poll_once() == "unreachable"
    assert (office.states, office.store.published) == (["pending"], [])

    await office.sender.poll_once()
    assert (office.states, len(office.got)) == (["sent"], 1)


async def test_a_message_that_is_put_off_waits_its_pause(office: Office) -> None:
    await office.know(report())
    office.mailers[0].outcomes = [Outcome("put_off", "recipient_450")]
    sender = office.sender

    await sender.poll_once()
    assert await sender.poll_once() == "idle"
    assert office.states == ["pending"]

    office.clock.now += timedelta(seconds=5)
    await sender.poll_once()
    assert office.states == ["sent"]


async def test_a_refused_message_fails_and_is_not_tried_again(office: Office) -> None:
    await office.know(report())
    office.mailers[0].outcomes = [Outcome("refused", "recipient_550")]
    sender = office.sender

    await sender.poll_once()
    assert await sender.poll_once() == "idle"

    (failed,) = office.store.published
    assert (failed.type, failed.data.reason) == (
        "route311.notification.failed.v1",
        "recipient_550",
    )
    assert (office.states, office.got) == (["failed"], [])


async def test_a_message_that_may_have_gone_out_is_not_sent_again(office: Office) -> None:
    await office.know(report())
    office.mailers[0].outcomes = [Outcome("unknown", "content_lost")]
    sender = office.sender

    await sender.poll_once()
    assert await sender.poll_once() == "idle"

    (unknown,) = office.store.published
    assert (unknown.type, unknown.data.reason) == (
        "route311.notification.unknown.v1",
        "content_lost",
    )
    assert (office.states, len(office.got)) == (["unknown"], 1)


async def test_what_a_dead_sender_left_is_unknown_once_its_lease_is_over(office: Office) -> None:
    await office.know(report())
    await office.store.claim(1, office.clock.now, office.clock.now + LEASE)

    office.clock.now += LEASE
    assert await office.sender.poll_once() == "idle"
    assert office.states == ["sending"]

    office.clock.now += timedelta(seconds=1)
    await office.sender.poll_once()

    (unknown,) = office.store.published
    assert (unknown.type, unknown.data.reason) == (
        "route311.notification.unknown.v1",
        "abandoned",
    )
    assert (office.states, office.got, office.wakes) == (["unknown"], [], ["relay"])


class Watching(FakeMailer):
    """Notes at each hand-over until when the message is the sender's."""

    def __init__(self, store: InMemoryNotify) -> None:
        super().__init__()
        self.leases: list[datetime | None] = []
        self._store = store

    @override
    async def send(self, mailbox: str, message: bytes) -> Outcome:
        self.leases += [row.lease_until for row in self._store.rows if row.state == "sending"]
        return await super().send(mailbox, message)


async def test_what_is_being_sent_is_the_senders_until_its_lease_is_over(office: Office) -> None:
    await office.know(report())
    watching = Watching(office.store)
    office.mailers = [watching]

    await office.sender.poll_once()

    assert watching.leases == [NOON + LEASE]


async def test_a_contact_that_is_gone_gets_nothing(office: Office) -> None:
    events = report()
    await office.know(events)
    await office.know([contact_given(events[0].data.request_id, email=None)])

    await office.sender.poll_once()

    (failed,) = office.store.published
    assert failed.data.reason == "contact_gone"
    assert office.got == []


async def test_a_message_about_a_city_that_is_not_in_the_catalogue_waits(office: Office) -> None:
    request_id, case_id = new_id(), new_id()
    elsewhere = triaged(request_id, case_id, request={"jurisdiction": "nowhere.gov"})
    await office.know([contact_given(request_id), elsewhere, opened(request_id, case_id)])

    await office.sender.poll_once()

    assert (office.states, office.store.rows[0].reason) == (["pending"], "unknown_city")


class Flighty(InMemoryNotify):
    """A database that is away for the first call of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self._met: set[str] = set()

    @override
    async def settle(self, settlements: Sequence[DeliveryUpdate]) -> None:
        self._away_at_first("settle")
        await super().settle(settlements)

    @override
    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        self._away_at_first("claim")
        return await super().claim(limit, now, lease_until)

    def _away_at_first(self, call: str) -> None:
        if call not in self._met:
            self._met.add(call)
            raise DatabaseDownError("away")


async def running(office: Office, until: Callable[[], bool]) -> None:
    stopping = asyncio.Event()

    async def reached() -> bool:
        return until()

    async with asyncio.TaskGroup() as group:
        group.create_task(office.sender.run(stopping))
        await eventually(reached)
        stopping.set()


async def test_a_database_that_is_away_delays_a_message_and_doubles_none(office: Office) -> None:
    office.store = Flighty()
    await office.know(report())

    await running(office, lambda: office.states == ["sent"])

    assert len(office.got) == len(office.store.published) == 1


async def test_it_sends_until_asked_to_stop(office: Office) -> None:
    for n in range(5):
        await office.know(report(f"p{n}@example.org"))

    await running(office, lambda: office.states == ["sent"] * 5)

    assert len(office.got) == 5


async def test_it_goes_on_by_itself_when_the_server_is_back(office: Office) -> None:
    await office.know(report())
    office.mailers[0].outcomes = [Outcome("unreachable", "sender_lost")] * 2

    await running(office, lambda: office.states == ["sent"])

    assert len(office.got) == 1
