"""Updates that a bureau wrote to Kafka, with the work orders and receipts that belong to it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contract.events import Decoder, UpdateReceipt, WorkOrder
from shared.contract.topic import Topic
from shared.contract.topics import bureau_receipts, bureau_updates, bureau_work
from shared.runtime.consumer.messages import InvalidRecord, Message, parse_record
from shared.runtime.kafka import written_at
from shared.runtime.kafka.reader import offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess


@dataclass(frozen=True, slots=True)
class WrittenUpdate:
    """An update of a bureau.

    Attributes:
        at: When it was written.
        data: The data as the bureau wrote them.
    """

    source: str
    id: str
    key: str
    at: datetime
    data: object

    def field(self, name: str) -> Any:  # noqa: ANN401 - of any JSON type
        """Return a field of the data; None where there is none."""
        return self.data.get(name) if isinstance(self.data, Mapping) else None


@dataclass(frozen=True, slots=True)
class BureauLog:
    """The topics of a bureau.

    Attributes:
        orders: The newest state of each work order, by its id.
        updates: The updates, in the order of each partition.
        unreadable: The codes of records that are no updates.
    """

    orders: Mapping[str, WorkOrder]
    updates: Sequence[WrittenUpdate]
    unreadable: Sequence[str]
    receipts: Sequence[UpdateReceipt]


async def read_log(access: KafkaAccess, bureau: str) -> BureauLog:
    """Read the topics of a bureau from their beginning to their present end.

    Args:
        access: Address and credentials of Kafka; operators may read all topics.
    """
    orders: dict[str, WorkOrder] = {}
    async with aclosing(_parsed(access, bureau_work(bureau))) as work:
        async for one in work:
            if isinstance(one, Message):
                order = one.event.data
                known = orders.get(order.work_order_id)
                if known is None or order.version >= known.version:
                    orders[order.work_order_id] = order
    updates: list[WrittenUpdate] = []
    unreadable: list[str] = []
    async with aclosing(_parsed(access, bureau_updates(bureau))) as written:
        async for one in written:
            if isinstance(one, InvalidRecord):
                unreadable.append(one.error.code)
            else:
                record, event = one.record, one.event
                key = (record.key or b"").decode(errors="replace")
                updates.append(
                    WrittenUpdate(event.source, event.id, key, written_at(record), event.data)
                )
    async with aclosing(_parsed(access, bureau_receipts(bureau))) as answers:
        receipts = [one.event.data async for one in answers if isinstance(one, Message)]
    return BureauLog(orders, updates, unreadable, receipts)


async def _parsed(
    access: KafkaAccess, topic: Topic
) -> AsyncGenerator[Message[Any] | InvalidRecord]:
    decoder: Decoder[Any] = Decoder(topic.events)
    bounds = await offset_bounds(access, [topic.name])
    async with aclosing(read_records(access, bounds)) as records:
        async for record in records:
            yield parse_record(record, decoder, allows=topic.allows)
