from collections.abc import Mapping

from services.intake.handlers import on_submissions_received
from services.intake.workers import Answered
from shared.runtime.consumer.messages import Message
from shared.runtime.kafka import Partition, Record
from shared.runtime.outgoing import Outgoing
from tests.support.builders import NOON
from tests.support.intake.factories import POLICY, handed_in_event
from tests.support.intake.fakes import InMemorySubmissions
from tests.support.records import record

NOTHING: Mapping[Partition, int | None] = {Partition("test", 0): None}


def test_it_knows_the_receipts_that_it_wrote_until_the_reader_has_passed_them() -> None:
    answered = Answered()
    answered.add([record(offset=5), record(offset=9)], NOTHING)
    assert [n for n in range(12) if answered.has(record(offset=n))] == [5, 9]

    answered.add([record(offset=11)], {Partition("test", 0): 6})

    assert [n for n in range(12) if answered.has(record(offset=n))] == [9, 11]


def test_the_positions_that_it_keeps_are_limited() -> None:
    answered = Answered()

    for first in range(0, 20_000, 1_000):
        answered.add([record(offset=first + n) for n in range(1_000)], NOTHING)

    assert sum(answered.has(record(offset=n)) for n in range(20_000)) == 10_000


async def test_a_submission_with_a_receipt_gets_no_other_one(
    submissions: InMemorySubmissions,
) -> None:
    messages = [Message(record(offset=n), handed_in_event(id=str(n))) for n in range(2)]

    def has_receipt(of: Record) -> bool:
        return of.offset == 1

    outgoing = await on_submissions_received(messages, submissions, POLICY, NOON, has_receipt)

    receipts = [one.event_id for one in outgoing if isinstance(one, Outgoing)]
    first, _ = submissions.stored.values()
    assert receipts == [first.receipt.event_id]
    assert len(outgoing) == len(receipts) + len(submissions.requests)
