"""The loop that takes batches from Kafka and gives them to a service's handler."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from shared.contract.events import Decoder, Event
from shared.contract.topics import Topic
from shared.errors import FencedError, StoppedError, SystemicError, TooManyDeadLettersError
from shared.runtime.clock import utc_now
from shared.runtime.consumer import deferring
from shared.runtime.consumer.batch_transaction import BatchProcessor, Handler
from shared.runtime.consumer.deferring import RecordKey
from shared.runtime.consumer.dlq_limit import DEFAULT_LIMIT, DlqLimit, DlqLimitTracker
from shared.runtime.consumer.messages import parse_record
from shared.runtime.consumer.retry import Item, RetryPolicy, process_batch
from shared.runtime.kafka import (
    BrokerDownError,
    Partition,
    PositionLostError,
    Record,
    Source,
    open_source,
)
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.ops.tracing import processing
from shared.runtime.postgres import Pool, transaction

__all__ = ["Consumer", "Handler"]

log = structlog.get_logger()

E = TypeVar("E", bound=Event)

_GRACE_S = 4.0
_RETRY_S = 1.0


def _nothing() -> None: ...


@dataclass(slots=True)
class Consumer(Generic[E]):
    """Feeds one handler with batches; each batch is one transaction.

    A partition whose position the broker does not hold is left alone, with an alarm, while the
    others go on. Every ``look_for_lost_every_s`` the positions are read anew, so that the
    partition goes on by itself once an operator has moved its position, or the right log is back.

    Attributes:
        name: The consumer group; also what logs and metrics call it.
        handle: Gets the fresh messages in order and returns what follows from them.
        express: Topics that are read before the others.
        drops_repeats: Whether an event seen before is left out; without it the handler gets every
            repeat and must know it itself.
        committed: Called after each commit, to wake the relay.
        limit: How much may be parked before the consumer ends.
        ready: Whether it has its partitions and knows where each stands.
    """

    service: str
    name: str
    topics: Sequence[Topic]
    bootstrap: str
    pool: Pool
    handle: Handler[E]
    express_topics: frozenset[str] = frozenset()
    deduplicates: bool = True
    batch_size: int = 500
    on_commit: Callable[[], None] = _nothing
    dlq_limit: DlqLimit = DEFAULT_LIMIT
    lost_position_recheck_s: float = 10.0
    ready: bool = field(default=False, init=False)
    _batches: BatchProcessor[E] = field(init=False)
    _readers: dict[str, Callable[[Record], Item[Any]]] = field(init=False)
    _lost: frozenset[Partition] = field(default=frozenset(), init=False)
    _look_again_at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        from_outside = frozenset(topic.name for topic in self.topics if topic.from_outside)
        parked = DlqLimitTracker(self.dlq_limit, from_outside)
        self._batches = BatchProcessor(
            self.service, self.pool, self.handle, self.deduplicates, parked
        )
        self._readers = {
            topic.name: partial(
                parse_record, decoder=Decoder[Any](topic.events), erasure=topic.erasure
            )
            for topic in self.topics
        }

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until asked to stop, then finish the batch under way.

        When so much would be parked that a person must look first, it ends before that, unready
        and with an alarm, while the rest of the service goes on.

        Raises:
            Exception: An error nobody foresaw, with nothing half done.
        """
        with suppress(StoppedError, TooManyDeadLettersError):
            while not stopping.is_set():
                await cancel_on_stop(stopping, self._serve(stopping), grace_s=_GRACE_S)

    async def _serve(self, stopping: asyncio.Event) -> None:
        try:
            async with open_source(
                self.topics,
                group=self.name,
                bootstrap=self.bootstrap,
                express=self.express_topics,
                stopping=stopping,
            ) as source:
                await self._consume(source, stopping)
        except FencedError:
            metrics.FENCED.inc()
            log.warning("fenced", consumer=self.name)
        except BrokerDownError as error:
            metrics.BROKER_FAILURES.inc()
            log.warning("source_reopened", consumer=self.name, reason=str(error))
            await pause(stopping, _RETRY_S)
        except TooManyDeadLettersError as error:
            metrics.DEAD_LETTER_LIMIT.labels(self.name).inc()
            log.error("consumer_ended", consumer=self.name, reason=str(error))  # noqa: TRY400
            raise
        finally:
            self.ready = False

    async def _consume(self, source: Source, stopping: asyncio.Event) -> None:
        try:
            while not stopping.is_set():
                await self._take_over_if_due(source, stopping)
                records = await self._poll(source, stopping)
                fresh = [record for record in records if self._batches.is_pending(record)]
                if fresh:
                    await self._settle([self._read(record) for record in fresh], stopping)
                for key in self._batches.deferred_keys.due():
                    await self._try_again(key, stopping)
                await source.report_progress(self._next_offsets)
                self._measure(source, moved=bool(fresh))
        finally:
            await source.report_progress(self._next_offsets, now=True)

    async def _poll(self, source: Source, stopping: asyncio.Event) -> Sequence[Record]:
        try:
            return await cancel_on_stop(stopping, source.poll(self.batch_size, within_s=0.5))
        except PositionLostError as error:
            for partition in error.partitions:
                metrics.POSITION_LOST.labels(partition.topic, str(partition.partition)).inc()
            log.error("position_lost", consumer=self.name, reason=str(error))  # noqa: TRY400
            self.ready = False
            self._lost |= error.partitions
            await self._begin(source)
            if self._look_again_at is None:
                self._look_again_at = time.monotonic() + self.lost_position_recheck_s
            return []

    async def _take_over_if_due(self, source: Source, stopping: asyncio.Event) -> None:
        owned = source.changed_assignment()
        if owned is None and self._look_again_at and time.monotonic() >= self._look_again_at:
            owned = source.assignment
        if owned is not None:
            await self._take_over(source, owned, stopping)

    async def _take_over(
        self, source: Source, owned: frozenset[Partition], stopping: asyncio.Event
    ) -> None:
        pauses = RetryPolicy().systemic_delays()
        while True:
            try:
                await self._batches.claim(owned)
                break
            except SystemicError as error:
                log.warning("database_awaited", code=error.code, reason=str(error))
                await pause(stopping, next(pauses))
        self._look_again_at, self._lost = None, frozenset()
        await self._begin(source)
        metrics.ASSIGNMENTS.inc()
        self.ready = True
        log.info("partitions_taken_over", consumer=self.name, partitions=len(owned))

    async def _begin(self, source: Source) -> None:
        known = {p: at for p, at in self._batches.positions.items() if p not in self._lost}
        timestamps = {p: at.timestamp for p, at in known.items() if at.timestamp is not None}
        await source.resume({p: at.next_offset for p, at in known.items()}, timestamps)

    @property
    def _next_offsets(self) -> dict[Partition, int | None]:
        return {p: position.next_offset for p, position in self._batches.positions.items()}

    def _read(self, record: Record) -> Item[E]:
        return self._readers[record.topic](record)

    async def _settle(self, batch: Sequence[Item[E]], stopping: asyncio.Event) -> None:
        began = time.perf_counter()
        with processing(batch) as traced:
            await process_batch(traced, self._commit, stopping=stopping)
        metrics.BATCH_SECONDS.labels(self.name).observe(time.perf_counter() - began)
        metrics.BATCH_MESSAGES.labels(self.name).observe(len(batch))

    async def _commit(self, items: Sequence[Item[E]]) -> None:
        await self._batches.commit(items)
        self.on_commit()

    async def _try_again(self, key: RecordKey, stopping: asyncio.Event) -> None:
        with suppress(SystemicError):
            async with transaction(self.pool) as db:
                kept = await deferring.load_first(db, key)
            if kept is None:
                self._batches.deferred_keys.remove_first(key)
                return
            commit = partial(self._batches.commit_deferred, kept)
            with processing([self._read(kept.record)]) as traced:
                await process_batch(traced, commit, stopping=stopping)
            self.on_commit()

    def _measure(self, source: Source, *, moved: bool) -> None:
        lag = source.lag(self._next_offsets)
        metrics.LAG.labels(self.name).set(lag)
        metrics.DEFERRED.labels(self.name).set(len(self._batches.deferred_keys))
        if moved or not lag:
            metrics.PROGRESS.labels(self.name).set(utc_now().timestamp())
