"""Collector: events are recorded, dead letters counted, leaked addresses found."""

from collections.abc import Sequence

from shared.contract.events import WorkOrderIssued, encode
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_CONTACTS,
    TRIAGE_DECISIONS,
    bureau_work,
)
from shared.runtime.kafka import Record
from tests.support.builders import NOON, contact_given, decision, request, request_triaged
from tests.support.records import record
from tests.unit.workbench.demo.factories import work_order
from workbench.demo.run.collector import TopicCollector, collected_topics
from workbench.demo.run.observations import DeadLetterSeen, Observations

TOPICS = collected_topics(["PBOT-MAINT"])


class OneBatch:
    def __init__(self, *records: Record) -> None:
        self._records = records

    async def poll(self, within_s: float) -> Sequence[Record]:
        del within_s
        return self._records


async def test_work_orders_are_learned_and_passed_on_with_the_moment_of_their_arrival() -> None:
    seen = Observations()
    order = work_order()
    came = record(
        encode(WorkOrderIssued.of(order, now=NOON)),
        topic=bureau_work("PBOT-MAINT").name,
        timestamp=int(NOON.timestamp() * 1000) + 250,
    )
    assert await TopicCollector(TOPICS, seen).poll(OneBatch(came)) == [order]
    assert (seen.leads[order.case_id].at - NOON).total_seconds() == 0.25


async def test_a_parked_record_is_counted_with_its_code() -> None:
    seen = Observations()
    parked = record(b"garbage", topic="channel-submissions-dlq", headers=[("code", b"too_large")])
    assert await TopicCollector(TOPICS, seen).poll(OneBatch(parked)) == []
    assert seen.dead_letters == [DeadLetterSeen("channel-submissions", "too_large")]


async def test_an_address_is_a_leak_everywhere_but_among_the_contacts() -> None:
    seen = Observations()
    contact = record(encode(contact_given("r")), topic=INTAKE_CONTACTS.name)
    told = decision(request(description="Write to ana@example.org"))
    leak = record(encode(request_triaged(told)), topic=TRIAGE_DECISIONS.name)
    await TopicCollector(TOPICS, seen).poll(OneBatch(contact))
    assert seen.leaks == 0
    await TopicCollector(TOPICS, seen).poll(OneBatch(leak))
    assert seen.leaks == 1


async def test_an_erased_contact_is_nothing_to_learn_from() -> None:
    seen = Observations()
    await TopicCollector(TOPICS, seen).poll(OneBatch(record(None, topic=INTAKE_CONTACTS.name)))
    assert seen == Observations()


def test_what_is_handed_in_is_not_watched_but_its_dead_letters_are() -> None:
    names = {topic.name for topic in TOPICS}
    assert CHANNEL_SUBMISSIONS.name not in names
    assert {"channel-submissions-dlq", "bureau-pbot-maint-updates"} <= names
