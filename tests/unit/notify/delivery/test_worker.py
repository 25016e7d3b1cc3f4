from datetime import datetime

import pytest
from typing_extensions import override

from shared.contract.events import new_id
from shared.runtime.smtp import SendOutcome
from tests.support.builders import NOON, contact_given
from tests.support.notify.deliveries import LEASE, DeliveryHarness, FakeMailer, report
from tests.support.notify.factories import closed, moved, opened, triaged
from tests.support.notify.fakes import InMemoryNotify
from tests.support.spans import CALLER, TRACEPARENT, Spans, parent_of


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
    assert sent.data.provider_id == f"<{sent.data.notification_id}@portlandoregon.gov>"
    assert harness.states == ["sent"]


async def test_a_message_ends_the_trace_of_what_it_is_about(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    spans.install(monkeypatch)
    events = [one.model_copy(update={"traceparent": TRACEPARENT}) for one in report()]
    await harness.receive(events)

    await harness.worker.poll_once()

    [span] = spans.ended
    assert span.name == "deliver email"
    assert parent_of(span) == CALLER


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


class LeaseRecorder(FakeMailer):
    """Records the lease of each delivery while it is sent."""

    def __init__(self, store: InMemoryNotify) -> None:
        super().__init__()
        self.leases: list[datetime | None] = []
        self._store = store

    @override
    async def send(
        self, mailbox: str, message: bytes, *, returns_to: str | None = None
    ) -> SendOutcome:
        self.leases += [row.lease_until for row in self._store.rows if row.state == "sending"]
        return await super().send(mailbox, message, returns_to=returns_to)


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
