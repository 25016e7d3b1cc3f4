"""Reading from Kafka, from positions that the reader keeps itself."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from typing_extensions import override

from shared.contract.topics import Topic
from shared.runtime.kafka.clients import GroupConsumer, connect, has_failed_task
from shared.runtime.kafka.errors import BrokerDownError, PositionLostError
from shared.runtime.kafka.records import Partition, Record

__all__ = ["Partition", "Record", "Source", "open_source"]

_SHOW_PROGRESS_EVERY_S = 1.0
_SHOW_PROGRESS_WITHIN_S = 1.0
_SEEK_WITHIN_S = 5.0
_SHOW_LAST_WITHIN_S = 0.5
_REQUEST_WITHIN_MS = 15_000  # longer than a session, which a rebalance may have to wait for


class Source(ConsumerRebalanceListener):
    """Records of the partitions that this member of the group owns, in order within each.

    The positions are the reader's: after each change of ownership it says with ``begin`` where
    to read on, and until then no record of those partitions is returned.

    An older log that came back may have grown past our position before we looked, and then the
    offset alone looks right. So reading begins one record before it, and that record's timestamp
    must be the one that the reader remembers. That costs one record at each take-over. It cannot
    tell when the record is gone by retention or compaction, nor when a broker that was replaced
    faster than our session ends has grown past us within that time: the group goes on then
    without a take-over.
    """

    def __init__(self, consumer: AIOKafkaConsumer, express: Collection[str]) -> None:
        self._consumer = consumer
        self._express = frozenset(express)
        self._owned: frozenset[Partition] = frozenset()
        self._changed = asyncio.Event()
        self._ready: list[Partition] = []
        self._positions: Mapping[Partition, int | None] = {}
        self._unproven: dict[Partition, int] = {}
        self._shown_at = 0.0

    @override
    async def on_partitions_revoked(self, revoked: Collection[Partition]) -> None:
        """Stop reading what is going to somebody else; the fence guards what is under way."""
        del revoked
        self._ready = []
        self._owned = frozenset()

    @override
    async def on_partitions_assigned(self, assigned: Collection[Partition]) -> None:
        """Note what is ours now."""
        self._owned = frozenset(assigned)
        self._ready = []
        self._changed.set()

    def changed_assignment(self) -> frozenset[Partition] | None:
        """Return what this member owns if that changed since the last call, else None."""
        if not self._changed.is_set():
            return None
        self._changed.clear()
        return self._owned

    @property
    def assignment(self) -> frozenset[Partition]:
        """What this member owns now."""
        return self._owned

    async def resume(
        self, positions: Mapping[Partition, int | None], timestamps: Mapping[Partition, int]
    ) -> None:
        """Read on from these offsets; None means from the oldest record that the broker has.

        Args:
            positions: What comes next in each partition.
            timestamps: That of the record before, where it is known.

        Raises:
            BrokerDownError: The broker did not answer.
        """
        if self._changed.is_set():
            return
        self._positions, self._unproven = positions, dict(timestamps)
        for partition, offset in positions.items():
            if offset is None:
                await self._seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, offset - (partition in timestamps))
        if not self._changed.is_set():
            self._ready = list(positions)

    async def _seek_to_beginning(self, partition: Partition) -> None:
        try:
            async with asyncio.timeout(_SEEK_WITHIN_S):
                await self._consumer.seek_to_beginning(partition)
        except (KafkaError, TimeoutError) as error:
            raise BrokerDownError(type(error).__name__) from error

    async def poll(self, limit: int, within_s: float) -> Sequence[Record]:
        """Return up to ``limit`` records, those of express topics first, or none in time.

        Raises:
            PositionLostError: The broker no longer has, or does not have yet, what comes next, or
                has another log. Those partitions are left alone until ``begin``, which must come
                before the next call, since records of others may have been dropped.
            BrokerDownError: This source is of no use any more; open another.
        """
        if has_failed_task(self._consumer):
            raise BrokerDownError("a task of the consumer has ended")
        if not self._ready:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), within_s)
            return []
        urgent: list[Record] = []
        others: list[Record] = []
        try:
            urgent = await self._take(self._express_ready, limit, 0)
            rest = limit - len(urgent)
            others = await self._take(self._ready, rest, 0 if urgent else within_s) if rest else []
        except NoOffsetForPartitionError:
            return []  # asked for before ``begin`` said where
        except OffsetOutOfRangeError as error:
            await self._on_out_of_range(error.args[0])
        except KafkaError as error:
            raise BrokerDownError(type(error).__name__) from error
        found = [*urgent, *others]
        if self._unproven:
            self._prove(found)
        return sorted(found, key=lambda record: record.topic not in self._express)

    @property
    def _express_ready(self) -> list[Partition]:
        return [partition for partition in self._ready if partition.topic in self._express]

    async def _take(
        self, partitions: Sequence[Partition], limit: int, within_s: float
    ) -> list[Record]:
        if not partitions:
            return []
        found = await self._consumer.getmany(
            *partitions, timeout_ms=int(within_s * 1000), max_records=limit
        )
        return [record for records in found.values() for record in records]

    def _prove(self, records: Sequence[Record]) -> None:
        for record in records:
            partition = Partition(record.topic, record.partition)
            expected = self._unproven.pop(partition, None)
            last_read = (self._positions.get(partition) or 0) - 1
            if expected is None or record.offset != last_read or record.timestamp == expected:
                continue
            self._leave_alone({partition})
            raise PositionLostError(
                f"{partition.topic}/{partition.partition}: the broker has another record at "
                f"{last_read} than the one that was read there",
                {partition},
            )

    async def _on_out_of_range(self, wanted: Mapping[Partition, int]) -> None:
        lost = {p: offset for p, offset in wanted.items() if p not in self._unproven}
        for partition in wanted.keys() - lost.keys():
            del self._unproven[partition]  # retention took the record before, which proves nothing
            self._consumer.seek(partition, self._positions[partition] or 0)
        if lost:
            self._leave_alone(lost.keys())
            raise PositionLostError(await self._explain(lost), lost.keys())

    def _leave_alone(self, partitions: Collection[Partition]) -> None:
        self._ready = [p for p in self._ready if p not in partitions]

    async def _explain(self, wanted: Mapping[Partition, int]) -> str:
        try:
            first = await self._consumer.beginning_offsets(list(wanted))
            end = await self._consumer.end_offsets(list(wanted))
        except KafkaError as error:
            raise BrokerDownError(type(error).__name__) from error
        return "; ".join(
            f"{p.topic}/{p.partition}: next is {offset}, "
            f"the broker holds {first[p]} to {end[p] - 1}"
            for p, offset in wanted.items()
        )

    def lag(self, positions: Mapping[Partition, int | None]) -> int:
        """Return how many records these positions are behind the end, as far as is known."""
        ends = {p: self._consumer.highwater(p) for p in self._ready}
        return sum(max(0, (end or 0) - (positions.get(p) or 0)) for p, end in ends.items())

    async def report_progress(
        self, positions: Mapping[Partition, int | None], *, now: bool = False
    ) -> None:
        """Tell the broker how far we are, about once a second; only lag displays read it."""
        known = {p: offset for p, offset in positions.items() if offset is not None}
        due = now or time.monotonic() - self._shown_at >= _SHOW_PROGRESS_EVERY_S
        if not (known and due):
            return
        within_s = _SHOW_LAST_WITHIN_S if now else _SHOW_PROGRESS_WITHIN_S
        with suppress(KafkaError, TimeoutError, RuntimeError):  # uvloop's, on a closed one
            await asyncio.wait_for(self._consumer.commit(known), within_s)
        self._shown_at = time.monotonic()


@asynccontextmanager
async def open_source(
    topics: Sequence[Topic],
    *,
    group: str,
    bootstrap: str,
    express: Collection[str] = (),
    stopping: asyncio.Event | None = None,
) -> AsyncGenerator[Source]:
    """Join the group, waiting for the broker for as long as it takes.

    The range assignor gives equal partitions of equally partitioned topics to one member, so
    that both lanes of a key meet there.

    Raises:
        StoppedError: The process was asked to stop before the broker was there.
    """

    def make() -> AIOKafkaConsumer:
        return GroupConsumer(  # type: ignore[no-untyped-call]
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            partition_assignment_strategy=(RangePartitionAssignor,),
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=1024 * 1024,
            max_poll_interval_ms=600_000,
            request_timeout_ms=_REQUEST_WITHIN_MS,
        )

    async with connect(make, stopping) as consumer:
        source = Source(consumer, express)
        consumer.subscribe([topic.name for topic in topics], listener=source)
        yield source
