"""Watching: events teach, parked records are counted, addresses in the wrong place are seen."""

from collections.abc import Sequence

from cli.demo.run.facts import Facts, Parked
from cli.demo.run.watching import Watch, watched
from shared.contract.events import WorkOrderIssued, encode
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_CONTACTS,
    TRIAGE_DECISIONS,
    bureau_work,
)
from shared.runtime.kafka import Record
from tests.builders import NOON, contact_given, decision, request, request_triaged
from tests.records import record
from tests.unit.cli.demo.factories import work_order

TOPICS = watched(["PBOT-MAINT"])


class OneLook:
    def __init__(self, *records: Record) -> None:
        self._records = records

    async def poll(self, within_s: float) -> Sequence[Record]:
        del within_s
        return self._records


async def test_work_orders_are_learned_and_passed_on_with_the_moment_of_their_arrival() -> None:
    facts = Facts()
    order = work_order()
    came = record(
        encode(WorkOrderIssued.of(order, now=NOON)),
        topic=bureau_work("PBOT-MAINT").name,
        timestamp=int(NOON.timestamp() * 1000) + 250,
    )
    assert await Watch(TOPICS, facts).look(OneLook(came)) == [order]
    assert (facts.leads[order.case_id].at - NOON).total_seconds() == 0.25


async def test_a_parked_record_is_counted_with_its_code() -> None:
    facts = Facts()
    parked = record(b"garbage", topic="channel-submissions-dlq", headers=[("code", b"too_large")])
    assert await Watch(TOPICS, facts).look(OneLook(parked)) == []
    assert facts.parked == [Parked("channel-submissions", "too_large")]


async def test_an_address_is_a_leak_everywhere_but_among_the_contacts() -> None:
    facts = Facts()
    contact = record(encode(contact_given("r")), topic=INTAKE_CONTACTS.name)
    told = decision(request(description="Write to ana@example.org"))
    leak = record(encode(request_triaged(told)), topic=TRIAGE_DECISIONS.name)
    await Watch(TOPICS, facts).look(OneLook(contact))
    assert facts.leaks == 0
    await Watch(TOPICS, facts).look(OneLook(leak))
    assert facts.leaks == 1


async def test_an_erased_contact_is_nothing_to_learn_from() -> None:
    facts = Facts()
    await Watch(TOPICS, facts).look(OneLook(record(None, topic=INTAKE_CONTACTS.name)))
    assert facts == Facts()


def test_what_is_handed_in_is_not_watched_but_its_dead_letters_are() -> None:
    names = {topic.name for topic in TOPICS}
    assert CHANNEL_SUBMISSIONS.name not in names
    assert {"channel-submissions-dlq", "bureau-pbot-maint-updates"} <= names
