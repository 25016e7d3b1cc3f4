"""The consumer loop: poll a batch from Kafka, process it, retry deferred records, repeat."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

import structlog

from shared.contract.events import Decoder, Event
from shared.contract.topic import Topic
from shared.errors import (
    FencedError,
    Route311Error,
    StoppedError,
    SystemicError,
    TooManyDeadLettersError,
)
from shared.runtime.batch_size import Gathering
from shared.runtime.clock import utc_now
from shared.runtime.consumer import deferring
from shared.runtime.consumer.batch_transaction import BatchProcessor, Handler, Prepare
from shared.runtime.consumer.crashes import CrashCounter
from shared.runtime.consumer.dlq_limit import DEFAULT_LIMIT, DlqLimit, DlqLimitTracker
from shared.runtime.consumer.messages import parse_record, record_position
from shared.runtime.consumer.pace import Pace
from shared.runtime.consumer.retry import Item, process_batch, with_database
from shared.runtime.consumer.tracing import processing
from shared.runtime.cooperative import in_turns
from shared.runtime.kafka import (
    BrokerDownError,
    KafkaSource,
    Partition,
    PositionLostError,
    Record,
    open_source,
)
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool, transaction

__all__ = ["Consumer", "Handler"]

log = structlog.get_logger()

E = TypeVar("E", bound=Event)

_STOP_GRACE_S = 4.0
_REOPEN_AFTER_S = 1.0
_RELEASE_WITHIN_S = 1.0
_KNOWN_SOURCES = 256


@dataclass(slots=True)
class Consumer(Generic[E]):
    """Feeds batches of one consumer group to a handler; each batch is one transaction.

    A partition whose position the broker does not have is paused with an alarm, and resumes once an
    operator has moved its position, or the right log is back. Other partitions continue.

    Attributes:
        name: The consumer group, also in logs and metrics.
        prepare: Waits for other needs of a batch, before its transaction begins.
        express_topics: Names of topics that are handled first, alone, and without batching delay.
        gathering: As for ``open_source``.
        inbox_topics: Topics whose repeats the inbox drops, None for all; else ``handle`` does it.
        on_commit: Receives the outbox batches of each commit, for the relay.
        lost_position_recheck_s: Seconds between checks of partitions with a lost position.
        hold_s: Seconds to wait before the last try of a record at which the process died twice.
        retry_delays_s: Seconds before each retry of a deferred record; then it is a dead letter.
        ready: True while it owns its partitions and knows all positions.
    """

    service: str
    name: str
    topics: Sequence[Topic]
    access: KafkaAccess
    pool: Pool
    handle: Handler[E]
    prepare: Prepare[E] | None = None
    express_topics: frozenset[str] = frozenset()
    inbox_topics: Collection[str] | None = None
    batch_size: int = 500
    gathering: Gathering | None = None
    on_commit: HandOver = lambda _: None
    dlq_limit: DlqLimit = DEFAULT_LIMIT
    lost_position_recheck_s: float = 10.0
    hold_s: float = 5.0
    retry_delays_s: Sequence[float] = deferring.RETRY_DELAYS_S
    ready: bool = field(default=False, init=False)
    pace: Pace = field(init=False)
    _processor: BatchProcessor[E] = field(init=False)
    _parsers: dict[str, Callable[[Record], Item[Any]]] = field(init=False)
    _lost: frozenset[Partition] = field(default=frozenset(), init=False)
    _recheck_at: float | None = field(default=None, init=False)
    _ended: str | None = field(default=None, init=False)
    _oldest_ms: int | None = field(default=None, init=False)
    _deferred_crashes: dict[int, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.batch_size)
        external_topics = frozenset(topic.name for topic in self.topics if topic.from_outside)
        tracker = DlqLimitTracker(self.dlq_limit, external_topics)
        self._processor = BatchProcessor(
            self.service,
            self.pool,
            self.handle,
            self.inbox_topics,
            tracker,
            self.prepare,
            deferring.DeferredKeys(self.retry_delays_s),
        )
        self._parsers = {
            topic.name: partial(
                parse_record,
                decoder=Decoder[Any](topic.events),
                erasure=topic.erasure,
                allows=lru_cache(_KNOWN_SOURCES)(topic.allows),
            )
            for topic in self.topics
        }

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until asked to stop, then finish the current batch.

        At the dead-letter limit it ends early, unready and with an alarm; the service continues.

        Raises:
            Exception: An unexpected error; nothing is half done. The record in progress stays
                marked: this counts as a crash.
        """
        metrics.OLDEST.labels(self.name).set_function(self._oldest_age_s)
        try:
            with suppress(StoppedError, TooManyDeadLettersError):
                while not stopping.is_set():
                    await cancel_on_stop(stopping, self._run_once(stopping), grace_s=_STOP_GRACE_S)
        except asyncio.CancelledError:  # with the rest of the service
            await self._release()
            raise
        await self._release()

    async def _release(self) -> None:
        """Remove the marks of records in progress; without the database they stay."""
        with suppress(Route311Error, TimeoutError):
            async with asyncio.timeout(_RELEASE_WITHIN_S):
                await self._processor.crashes.release(self._processor.positions)

    @property
    def blocked(self) -> str | None:
        """The reason why it cannot continue without a person or a restart; None while it can."""
        return self._ended or self._processor.crashes.describe_worst()

    async def _run_once(self, stopping: asyncio.Event) -> None:
        try:
            async with open_source(
                self.topics,
                group=self.name,
                access=self.access,
                express=self.express_topics,
                gathering=self.gathering,
                stopping=stopping,
            ) as source:
                await self._consume(source, stopping)
        except FencedError:
            metrics.FENCED.inc()
            log.warning("fenced", consumer=self.name)
        except BrokerDownError as error:
            metrics.BROKER_FAILURES.inc()
            log.warning("source_reopened", consumer=self.name, reason=str(error))
            await pause(stopping, _REOPEN_AFTER_S)
        except TooManyDeadLettersError as error:
            _show_ended(self.name, error)
            self._ended = f"it ended at the dead-letter limit: {error}"
            _show_blocked(self.name, self._processor.crashes, self.blocked)
            raise
        finally:
            self.ready = False

    async def _consume(self, source: KafkaSource, stopping: asyncio.Event) -> None:
        try:
            while not stopping.is_set():
                await self._claim_if_due(source, stopping)
                records = await self._poll(source, stopping)
                pending = [record for record in records if self._processor.is_pending(record)]
                if pending:
                    self._oldest_ms = min(record.timestamp for record in pending)
                for unit in self._processor.units(pending, self.express_topics):
                    await self._process(unit, stopping)
                for key in self._processor.deferred_keys.due():
                    await self._retry_deferred(key, stopping)
                await source.report_progress(self.positions)
                self.pace.on_lag(lag := source.lag(self.positions))
                self._oldest_ms = self._oldest_ms if lag else None
                deferred = self._processor.deferred_keys
                _show_lag(self.name, lag, len(deferred), moved=bool(pending))
        finally:
            await source.report_progress(self.positions, now=True)

    async def _poll(self, source: KafkaSource, stopping: asyncio.Event) -> Sequence[Record]:
        try:
            return await cancel_on_stop(stopping, source.poll(self.pace.batch_size, 0.5))
        except PositionLostError as error:
            _show_lost(self.name, error)
            self.ready = False
            self._lost |= error.partitions
            await self._resume(source)
            if self._recheck_at is None:
                self._recheck_at = time.monotonic() + self.lost_position_recheck_s
            return []

    async def _claim_if_due(self, source: KafkaSource, stopping: asyncio.Event) -> None:
        owned = source.changed_assignment()
        if owned is None and self._recheck_at and time.monotonic() >= self._recheck_at:
            owned = source.assignment
        if owned is not None:
            await self._claim(source, owned, stopping)

    async def _claim(
        self, source: KafkaSource, owned: frozenset[Partition], stopping: asyncio.Event
    ) -> None:
        await with_database(lambda: self._processor.claim(owned), stopping)
        self._recheck_at, self._lost = None, frozenset()
        self.pace.on_claim(has_crashed=bool(self._processor.crashes.suspects))
        _show_crashes(self.name, self._processor.crashes)
        _show_blocked(self.name, self._processor.crashes, self.blocked)
        await self._resume(source)
        metrics.ASSIGNMENTS.inc()
        self.ready = True
        log.info("partitions_taken_over", consumer=self.name, partitions=len(owned))

    async def _resume(self, source: KafkaSource) -> None:
        known = {p: at for p, at in self._processor.positions.items() if p not in self._lost}
        timestamps = {p: at.timestamp for p, at in known.items() if at.timestamp is not None}
        await source.resume({p: at.next_offset for p, at in known.items()}, timestamps)

    @property
    def positions(self) -> dict[Partition, int | None]:
        """The next offset of each partition that it owns; None before the first record."""
        return {p: position.next_offset for p, position in self._processor.positions.items()}

    def _oldest_age_s(self) -> float:
        """Return the age of the oldest event of the last poll; 0 once nothing waits."""
        if self._oldest_ms is None:
            return 0.0
        return max(0.0, utc_now().timestamp() - self._oldest_ms / 1000)

    async def _process(self, records: Sequence[Record], stopping: asyncio.Event) -> None:
        """Handle records in one batch; they are marked as in progress before they are decoded."""
        processor, started_at = self._processor, time.perf_counter()
        await with_database(lambda: self._hold_if_due(records[0], stopping), stopping)
        await with_database(lambda: processor.crashes.mark(records, processor.positions), stopping)
        batch = await in_turns(lambda r: self._take(r, processor.crashes.crashes(r)), records)
        with processing(batch) as traced:
            await process_batch(traced, self._commit, stopping=stopping)
        took_s = time.perf_counter() - started_at
        self.pace.on_batch(len(batch), took_s, is_express=records[0].topic in self.express_topics)
        metrics.BATCH_SECONDS.labels(self.name).observe(took_s)
        metrics.BATCH_MESSAGES.labels(self.name).observe(len(batch))
        _show_blocked(self.name, processor.crashes, self.blocked)

    async def _hold_if_due(self, record: Record, stopping: asyncio.Event) -> None:
        if await self._processor.crashes.hold(record, self._processor.positions):
            log.warning("last_try", consumer=self.name, at=record_position(record))
            await pause(stopping, self.hold_s)

    def _take(self, record: Record, crashes: int) -> Item[E]:
        """Decode the record, or refuse it untried."""
        refused = self._processor.refuse(record, crashes)
        if refused is None:
            return self._parsers[record.topic](record)
        at, error = record_position(record), refused.error
        log.error("message_refused", at=at, code=error.code, reason=str(error))
        return refused

    async def _commit(self, items: Sequence[Item[E]]) -> None:
        batches = await self._processor.commit(items)
        is_urgent = items[0].record.topic in self.express_topics
        self.on_commit([replace(b, is_urgent=True) for b in batches] if is_urgent else batches)

    async def _retry_deferred(self, key: deferring.RecordKey, stopping: asyncio.Event) -> None:
        with suppress(SystemicError):
            deferred = await self._take_deferred(key)
            if deferred is None:
                self._processor.deferred_keys.remove_first(key)
                return

            async def commit(items: Sequence[Item[E]]) -> None:
                self.on_commit(await self._processor.commit_deferred(deferred, items))

            with processing([self._take(deferred.record, deferred.crashes)]) as traced:
                await process_batch(traced, commit, stopping=stopping)
            del self._deferred_crashes[deferred.seq]

    async def _take_deferred(self, key: deferring.RecordKey) -> deferring.DeferredRecord | None:
        """Load the first record of the key, and mark it as in progress.

        Its crashes are those known when this process first loaded it: a failed retry is none.
        """
        async with transaction(self.pool) as db:
            deferred = await deferring.load_first(db, key)
            if deferred is None:
                return None
            crashes = self._deferred_crashes.setdefault(deferred.seq, deferred.crashes)
            deferred = replace(deferred, crashes=crashes)
            await deferring.mark(db, deferred)
        return deferred


def _show_crashes(consumer: str, counter: CrashCounter) -> None:
    for partition, work in counter.suspects.items():
        log.warning(
            "crash_found",
            consumer=consumer,
            before=f"{partition.topic}/{partition.partition}/{work.until}",
            crashes=work.crashes,
        )


def _show_blocked(consumer: str, counter: CrashCounter, blocked: str | None) -> None:
    """Set the gauges of crashes and of the reason, if any, why a consumer cannot continue."""
    crashes = [work.crashes for work in counter.suspects.values()]
    metrics.CRASHES.labels(consumer).set(max(crashes, default=0))
    metrics.BLOCKED.labels(consumer).set(blocked is not None)


def _show_lost(consumer: str, error: PositionLostError) -> None:
    for partition in error.partitions:
        metrics.POSITION_LOST.labels(partition.topic, str(partition.partition)).inc()
    log.error("position_lost", consumer=consumer, reason=str(error))


def _show_ended(consumer: str, error: TooManyDeadLettersError) -> None:
    metrics.DEAD_LETTER_LIMIT.labels(consumer).inc()
    log.error("consumer_ended", consumer=consumer, reason=str(error))


def _show_lag(consumer: str, lag: int, deferred: int, *, moved: bool) -> None:
    """Set the gauges of waiting records; ``moved`` when records were handled since."""
    metrics.LAG.labels(consumer).set(lag)
    metrics.DEFERRED.labels(consumer).set(deferred)
    if moved or not lag:
        metrics.PROGRESS.labels(consumer).set(utc_now().timestamp())
