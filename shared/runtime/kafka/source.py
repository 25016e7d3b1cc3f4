"""The Kafka consumer of a group; its caller stores the positions."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from typing_extensions import override

from shared.contract.topic import Topic
from shared.runtime.batch_size import Gathering
from shared.runtime.kafka.clients import GroupConsumer, connect, has_failed_task, waits_of
from shared.runtime.kafka.records import BrokerDownError, Partition, PositionLostError, Record
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops.shutdown import is_set_within

_REPORT_EVERY_S = 1.0
_REPORT_WITHIN_S = 1.0
_LAST_REPORT_WITHIN_S = 0.5
_SEEK_WITHIN_S = 5.0
_REQUEST_TIMEOUT_MS = 15_000  # longer than a session, which a rebalance may have to wait for


class KafkaSource(ConsumerRebalanceListener):
    """Records of the partitions assigned to this member of the group, in order within each.

    The caller stores the positions: after each change of the assignment it calls ``resume`` with
    the offsets to read from, and until then no record of those partitions is returned.

    An older log that was restored may have grown past our position before we looked; the offset
    alone then looks right. So reading begins one record before the position, and that record's
    timestamp must be the stored one. This costs one record per assignment. It cannot detect the
    restored log when retention or compaction removed the record, nor when a broker that was
    replaced faster than our session ends has grown past us within that time: the group then
    continues without a new assignment. ``assignment`` is the partitions of this member.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, express: Collection[str], gathering: Gathering
    ) -> None:
        self._consumer = consumer
        self._express = frozenset(express)
        self._gathering = gathering
        self._waits = waits_of(consumer)
        self.assignment: frozenset[Partition] = frozenset()
        self._changed = asyncio.Event()
        self._readable: list[Partition] = []
        self._positions: Mapping[Partition, int | None] = {}
        self._unverified: dict[Partition, int] = {}
        self._reported: Mapping[Partition, int] = {}
        self._reported_at = 0.0
        self._reporting: asyncio.Task[None] | None = None

    @override
    async def on_partitions_revoked(self, revoked: Collection[Partition]) -> None:
        """Stop reading; the fence protects the batch in progress."""
        del revoked
        self._readable = []
        self.assignment = frozenset()

    @override
    async def on_partitions_assigned(self, assigned: Collection[Partition]) -> None:
        """Store the new assignment."""
        self.assignment = frozenset(assigned)
        self._readable = []
        self._waits.is_positioned = False
        self._changed.set()

    def changed_assignment(self) -> frozenset[Partition] | None:
        """Return the assignment if it changed since the last call, else None."""
        if not self._changed.is_set():
            return None
        self._changed.clear()
        return self.assignment

    async def resume(
        self, positions: Mapping[Partition, int | None], timestamps: Mapping[Partition, int]
    ) -> None:
        """Continue at these positions.

        Args:
            positions: The next offset of each partition; None for the broker's oldest record.
            timestamps: The timestamp, in milliseconds, of the previous record, where it is known.

        Raises:
            BrokerDownError: The broker did not answer.
        """
        if self._changed.is_set():
            return
        self._positions, self._unverified = positions, dict(timestamps)
        for partition, offset in positions.items():
            if offset is not None:
                self._consumer.seek(partition, offset - (partition in timestamps))
        if unread := [partition for partition, offset in positions.items() if offset is None]:
            try:
                async with asyncio.timeout(_SEEK_WITHIN_S):
                    await self._consumer.seek_to_beginning(*unread)
            except (KafkaError, TimeoutError) as error:
                raise BrokerDownError(type(error).__name__) from error
        if not self._changed.is_set():
            self._readable = list(positions)
            self._waits.is_positioned = True

    async def poll(self, limit: int, within_s: float) -> Sequence[Record]:
        """Return records, in order within each partition; none if none arrives in time.

        Express topics are read first, so that others do not use up the limit. Others gather after
        each poll that took the last ones: the broker is not asked for them meanwhile.

        Raises:
            PositionLostError: The broker does not have the next record of some partitions, or has
                another log. They are not read until ``resume``, which must come before the next
                call, since records of other partitions may have been dropped.
            BrokerDownError: This source is unusable; open another.
        """
        if has_failed_task(self._consumer):
            raise BrokerDownError("a task of the consumer has ended")
        if not self._readable:
            await is_set_within(self._changed, within_s)
            return []
        records: list[Record] = []
        try:
            await self._take(records, limit, within_s)
        except NoOffsetForPartitionError:
            return []  # polled before ``resume``
        except OffsetOutOfRangeError as error:
            await self._on_out_of_range(error.args[0])
        except KafkaError as error:
            raise BrokerDownError(type(error).__name__) from error
        if self._unverified:
            self._verify_log(records)
        return records

    async def _take(self, records: list[Record], limit: int, within_s: float) -> None:
        gathering_s = max(0.0, self._waits.until - time.monotonic())
        express = [p for p in self._readable if p.topic in self._express]
        records += await self._fetch(express, limit, min(gathering_s, within_s))
        left = limit - len(records)
        if not left or gathering_s > (0 if records else within_s):
            return
        self._consumer.resume(*self._not_express())
        others = await self._fetch(self._readable, left, 0 if records else within_s)
        records += others
        if others:
            now_s = time.monotonic()
            gather_s = self._gathering.after(len(others), now_s)
            if len(others) < left and not self._has_more(others):
                self._waits.until = now_s + gather_s
                self._consumer.pause(*self._not_express())

    def _not_express(self) -> Sequence[Partition]:
        return [p for p in self._readable if p.topic not in self._express]

    def _has_more(self, records: Sequence[Record]) -> bool:
        """Return True when the log goes on after these records, as far as is known."""
        return self.lag({Partition(r.topic, r.partition): r.offset + 1 for r in records}) > 0

    async def _fetch(
        self, partitions: Sequence[Partition], limit: int, within_s: float
    ) -> list[Record]:
        if not partitions:
            await asyncio.sleep(within_s)
            return []
        found = await self._consumer.getmany(
            *partitions, timeout_ms=int(within_s * 1000), max_records=limit
        )
        return [record for records in found.values() for record in records]

    def _verify_log(self, records: Sequence[Record]) -> None:
        """Check that the record before each position is the one that was read there."""
        for record in records:
            partition = Partition(record.topic, record.partition)
            expected = self._unverified.pop(partition, None)
            last_read = (self._positions.get(partition) or 0) - 1
            if expected is None or record.offset != last_read or record.timestamp == expected:
                continue
            self._stop_reading({partition})
            raise PositionLostError(
                f"{partition.topic}/{partition.partition}: the broker has another record at "
                f"{last_read} than the one that was read there",
                {partition},
            )

    async def _on_out_of_range(self, wanted: Mapping[Partition, int]) -> None:
        lost = {p: offset for p, offset in wanted.items() if p not in self._unverified}
        for partition in wanted.keys() - lost.keys():
            del self._unverified[partition]  # retention removed the record: nothing to verify
            self._consumer.seek(partition, self._positions[partition] or 0)
        if lost:
            self._stop_reading(lost.keys())
            raise PositionLostError(await self._explain(lost), lost.keys())

    def _stop_reading(self, partitions: Collection[Partition]) -> None:
        self._readable = [p for p in self._readable if p not in partitions]

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
        """Return the number of records between these positions and the last known ends."""
        ends = {p: self._consumer.highwater(p) for p in positions.keys() & set(self._readable)}
        return sum(max(0, (end or 0) - (positions[p] or 0)) for p, end in ends.items())

    async def report_progress(
        self, positions: Mapping[Partition, int | None], *, now: bool = False
    ) -> None:
        """Commit moved positions to Kafka, at most once a second; only lag displays read them.

        They are committed in the background, with ``now`` at once and before the return.
        """
        known = {p: offset for p, offset in positions.items() if offset is not None}
        due = now or time.monotonic() - self._reported_at >= _REPORT_EVERY_S
        if not known or known == self._reported or not due:
            return
        self._reported_at = time.monotonic()
        if self._reporting:
            self._reporting.cancel()
        if now:
            await self._report(known, _LAST_REPORT_WITHIN_S)
        else:
            self._reporting = asyncio.create_task(self._report(known, _REPORT_WITHIN_S))

    async def _report(self, positions: Mapping[Partition, int], within_s: float) -> None:
        with suppress(KafkaError, TimeoutError, RuntimeError):  # uvloop's, on a closed one
            async with asyncio.timeout(within_s):
                await self._consumer.commit(positions)
            self._reported = positions


@asynccontextmanager
async def open_source(  # noqa: PLR0913 - a reader has that many choices
    topics: Sequence[Topic],
    *,
    group: str,
    access: KafkaAccess,
    express: Collection[str] = (),
    gathering: Gathering | None = None,
    stopping: asyncio.Event | None = None,
) -> AsyncGenerator[KafkaSource]:
    """Join a consumer group, after waiting for the broker without a limit.

    The range assignor gives equal partitions of equally partitioned topics to one member, so that
    both lanes of a key meet there.

    Args:
        express: Names of topics that are read before the others, and immediately; records of
            others are gathered.
        gathering: How long; 0.1 s by default, and up to 0.3 s while many come.

    Raises:
        StoppedError: The process was asked to stop before the broker was up.
    """

    def make() -> AIOKafkaConsumer:
        return GroupConsumer(
            **access.aiokafka_options(),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            partition_assignment_strategy=(RangePartitionAssignor,),
            max_partition_fetch_bytes=1024 * 1024,
            max_poll_interval_ms=600_000,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )

    async with connect(make, stopping) as consumer:
        source = KafkaSource(consumer, express, gathering or Gathering(0.1, 0.3))
        consumer.subscribe([topic.name for topic in topics], listener=source)
        yield source
