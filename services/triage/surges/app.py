"""The surge watcher as a Faust app, from ``triage-report-counts`` to ``triage-surges``.

This is the only module that touches Faust, whose types are partial.
"""

import asyncio
import logging
import weakref
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast

import faust
import structlog
from faust.streams import _current_event  # private: pyproject.toml pins the exact version
from faust.types import TP, EventT
from opentelemetry.trace import SpanKind

from services.triage.settings import StreamSettings
from services.triage.surges.counter import StateTable, SurgeCounter
from services.triage.surges.detection import slot_of
from services.triage.surges.gauges import WATCHER, SurgeGauges
from services.triage.surges.state import SurgeKey, TrackedSurge, surge_events
from services.triage.surges.tracker import SurgeCity, surge_cities
from services.triage.surges.watermark import Watermark
from shared.catalogue import load_catalogue
from shared.contract.events import Decoder, ReportCounts
from shared.contract.topic import Topic
from shared.contract.topics import TRIAGE_REPORT_COUNTS
from shared.errors import PermanentError, Route311Error, StoppedError
from shared.runtime.consumer.messages import dead_letter_record, record_position
from shared.runtime.consumer.tracing import attributes_of
from shared.runtime.kafka import BrokerDownError, KafkaSink, Record, open_sink
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.ops.tracing import current_trace, span_below
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import ServiceParts

log = structlog.get_logger()

_TOPIC = TRIAGE_REPORT_COUNTS.name
_TABLES = ("ledgers", "voices")  # states and reporters; the changelog topics are named after them
_LOG_LEVELS = {
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "faust.transport.producer": logging.ERROR,  # it warns whenever it waits for the broker
}
_POLL_S = 0.5
_SESSION_S = 10.0  # a restart waits so long for a process that was killed
_LINGER_S = 0.2  # changes of tables gather so long: only a commit waits for them
_TABLE_OPTIONS = {
    "driver": "rocksdict",
    "write_buffer_size": 4 * 1024 * 1024,
    "block_cache_size": 8 * 1024 * 1024,
    "max_open_files": 64,
}


class UncountableError(PermanentError):
    """The counts are well formed, but invalid for the watcher."""

    code = "uncountable"


class StreamCrashedError(Route311Error):
    """Faust crashed; the supervisor restarts the process."""

    code = "stream_crashed"


class _Event(SimpleNamespace):  # a subclass, since Faust refers to its event weakly
    """The part of a Faust event from which a table takes its partition."""


@contextmanager
def _in_partition(number: int) -> Generator[None]:
    """Allow access to the tables of a partition outside its stream."""
    event = _Event(message=SimpleNamespace(topic=_TOPIC, partition=number))
    token = _current_event.set(weakref.ref(cast("EventT[Any]", event)))
    try:
        yield
    finally:
        _current_event.reset(token)


class SurgeWatcher:
    """Counts reports from Faust's streams, and publishes surges every half second."""

    def __init__(self, settings: StreamSettings, cities: dict[str, SurgeCity]) -> None:
        self.ready = False
        self._settings = settings
        self._access = settings.kafka_access
        self._sink: KafkaSink
        self._watermark = Watermark(self._access)
        self._next_offsets: dict[TP, int] = {}
        self._to_publish: set[SurgeKey] = set()
        self._gauges: SurgeGauges[TP] = SurgeGauges()
        self._app = _app(settings, self._access)
        states, reporters = map(self._table, _TABLES)
        self._counter = SurgeCounter(states, reporters, cities)
        counts = self._app.topic(
            _TOPIC, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        self._app.agent(counts, name="surges")(self._count)

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until ``stopping`` is set.

        Raises:
            StreamCrashedError: Faust crashed.
        """
        with suppress(StoppedError):
            async with open_sink(self._access, stopping) as sink:
                self._sink = sink
                await self._create_changelogs()
                try:
                    await cancel_on_stop(stopping, self._app.start())
                    self.ready = True
                    log.info("stream_started")
                    await self._publish_until(stopping)
                finally:
                    self.ready = False
                    await self._app.stop()

    async def _create_changelogs(self) -> None:
        """Create the changelog topics; Faust would read them before they exist.

        Each partition of the counts has its state in the same partition of the changelogs.
        """
        ends = await end_offsets(self._access, [TRIAGE_REPORT_COUNTS.name])
        topics = [
            Topic(
                f"{self._settings.group}-{table}-changelog",
                "triage",
                "changelog of a state table",
                readers=(),
                events=(),
                retention=None,
                partitions=len(ends) or TRIAGE_REPORT_COUNTS.partitions,
            )
            for table in _TABLES
        ]
        await apply_topics(self._access, topics, replication=self._settings.replication)

    def _table(self, name: str) -> StateTable:
        table = self._app.Table(
            name,
            key_type=bytes,
            value_type=bytes,
            options=dict(_TABLE_OPTIONS),
        )
        return cast("StateTable", table)

    async def _count(self, stream: Any) -> None:  # noqa: ANN401 - a stream of Faust
        """Count each record; an uncountable one is dead-lettered, with an alarm.

        A surge needs ten reports, so one more or less matters less than a watcher that stands
        still. Faust commits a record after the turn that counts it, so a crash may dead-letter it
        twice.
        """
        decoder = Decoder(TRIAGE_REPORT_COUNTS.events)
        async for event in stream.events():
            message = event.message
            try:
                with span_below(
                    None, f"process {_TOPIC}", SpanKind.CONSUMER, attributes_of(message)
                ):
                    self._count_all(decoder.decode(event.value).data, message.partition)
            except Exception as error:
                metrics.REPORT_COUNTS_FAILED.inc()
                log.exception("report_counts_failed", at=record_position(message))
                await self._dead_letter(message, error)
            self._next_offsets[message.tp] = message.offset + 1

    async def _dead_letter(self, record: Record, error: Exception) -> None:
        permanent = error if isinstance(error, PermanentError) else UncountableError()
        letter = dead_letter_record(record, WATCHER, code=permanent.code, reason=str(permanent))
        await self._sink.publish([letter])

    def _count_all(self, counts: ReportCounts, partition: int) -> None:
        for count in counts.counts:
            key = SurgeKey(partition, counts.jurisdiction, counts.dedup_group, count.district)
            if self._counter.count(key, slot_of(count.observed_from), count.reporters):
                self._to_publish.add(key)
            self._watermark.observe(counts.lane, partition, count.observed_from)

    async def _publish_until(self, stopping: asyncio.Event) -> None:
        owned: set[TP] = set()
        while not self._app.should_stop:
            if not self._app.rebalancing:
                if owned != (owned := set(self._partitions())):  # their owner may have left some
                    self._to_publish = set(self._counter.keys())
                await self._advance(stopping)
                await self._publish()
            await pause(stopping, _POLL_S)
        raise StreamCrashedError("faust gave up") from self._app.crash_reason

    async def _advance(self, stopping: asyncio.Event) -> None:
        """Advance the event time of every key, at most once a slot."""
        lag = {tp: await self._lag(tp) for tp in self._partitions()}
        self._gauges.show_lag(lag, {tp: self._next_offsets.get(tp) for tp in lag})
        unread = {tp.partition: waiting != 0 for tp, waiting in lag.items()}
        now = await cancel_on_stop(stopping, self._watermark.next_slot(unread))
        if now is None:
            return
        keys = list(self._counter.keys())
        self._gauges.keep(keys)
        for key in keys:
            with _in_partition(key.partition):
                if self._counter.advance(key, now):
                    self._to_publish.add(key)
            await asyncio.sleep(0)

    def _partitions(self) -> list[TP]:
        return [tp for tp in self._app.consumer.assignment() if tp.topic == _TOPIC]

    async def _lag(self, partition: TP) -> int | None:
        """Return the number of unread records; None when unknown."""
        consumer: Any = self._app.consumer
        end, offset = consumer.highwater(partition), self._next_offsets.get(partition)
        if offset is None:
            offset = consumer._read_offset[partition]  # noqa: SLF001 - no public name; pinned
        if offset is None:
            offset = (await consumer.earliest_offsets(partition))[partition]
        return None if end is None else max(0, end - offset)

    async def _publish(self) -> None:
        for key in list(self._to_publish):
            with _in_partition(key.partition):
                surges = self._counter.unpublished(key)
            for surge in surges:
                await self._publish_events(key, surge)
                with _in_partition(key.partition):
                    self._counter.mark_published(key, surge)
            with _in_partition(key.partition):
                self._gauges.show_surge(key, is_open=self._counter.is_open(key))
            self._to_publish.discard(key)

    async def _publish_events(self, key: SurgeKey, surge: TrackedSurge) -> None:
        """Publish the events of a surge that are not yet; a trace begins with them."""
        with span_below(None, "detect surge", SpanKind.INTERNAL, {}):
            context = {"traceparent": current_trace()}
            events = [one.model_copy(update=context) for one in surge_events(key, surge)]
            try:
                await self._sink.publish([r for e in events for r in Outgoing.for_event(e)])
            except BrokerDownError as error:
                raise StreamCrashedError("the broker does not take surges") from error
        for event in events:
            log.info("surge_published", type=event.type, key=key.name)


def _app(settings: StreamSettings, access: KafkaAccess) -> faust.App:
    return faust.App(
        settings.group,
        broker=";".join(f"kafka://{broker.strip()}" for broker in access.bootstrap.split(",")),
        broker_credentials=_credentials(access),
        store="rocksdb://",
        datadir=settings.folder,
        broker_session_timeout=_SESSION_S,
        broker_heartbeat_interval=_SESSION_S / 5,
        producer_linger=_LINGER_S,
        consumer_auto_offset_reset="earliest",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
        agent_supervisor="mode.CrashingSupervisor",
    )


def _credentials(access: KafkaAccess) -> "faust.SASLCredentials | faust.SSLCredentials | None":
    """Return Faust's form of the credentials; None where anybody may connect."""
    if access.uses_password:
        return faust.SASLCredentials(
            username=access.username,
            password=access.password,
            mechanism=access.sasl_mechanism,
            ssl_context=access.ssl_context(),
        )
    return faust.SSLCredentials(access.ssl_context()) if access.uses_tls else None


@asynccontextmanager
async def surge_stream(settings: StreamSettings) -> AsyncGenerator[ServiceParts]:
    """Yield the surge watcher as the only task of the process."""
    for library, level in _LOG_LEVELS.items():
        logging.getLogger(library).setLevel(level)
    cities = surge_cities(await asyncio.to_thread(load_catalogue))
    watcher = SurgeWatcher(settings, cities)
    yield ServiceParts(None, tasks=[watcher.run], readiness_checks=[watcher])
