"""The surge watcher: a Faust app that counts reports and tells of surges.

``python -m services.triage.surges`` runs it until SIGTERM, beside the triage that decides. It
reads ``intake-requests`` and ``intake-requests-express`` and writes ``triage-surges``. This is the
only module that touches Faust, whose types are partial.
"""

import asyncio
import logging
import weakref
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import faust
import structlog
from faust.streams import _current_event
from faust.types import TP, EventT

from services.triage.settings import StreamSettings
from services.triage.surges.counter import SurgeCounter, Table
from services.triage.surges.detection import slot_of
from services.triage.surges.event_clock import EventClock
from services.triage.surges.gauges import Gauges
from services.triage.surges.outbound import surge_event
from services.triage.surges.state import SurgeKey
from services.triage.surges.tracker import City, cities_of
from shared.catalogue import load_catalogue
from shared.contract.events import Decoder
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS, Topic
from shared.errors import PermanentError, Route311Error, StoppedError
from shared.runtime.kafka import BrokerDownError, KafkaSink, apply_topics, open_sink
from shared.runtime.ops.service import ServiceParts
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.outbox.records import Outgoing

log = structlog.get_logger()

_LANES = (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)
_NAMES = frozenset(lane.name for lane in _LANES)
_TABLES = ("ledgers", "voices")
_LIBRARIES = {
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "faust.transport.producer": logging.ERROR,  # it warns whenever it waits for the broker
}
_LOOK_EVERY_S = 0.5
_SESSION_S = 10.0  # so long a restart waits for one that was killed
_TABLE_OPTIONS = {
    "driver": "rocksdict",
    "write_buffer_size": 4 * 1024 * 1024,
    "block_cache_size": 8 * 1024 * 1024,
    "max_open_files": 64,
}


class StreamCrashedError(Route311Error):
    """Faust gave up; whoever runs the process starts it again."""

    code = "stream_crashed"


@dataclass(slots=True, weakref_slot=True)
class _Message:
    topic: str
    partition: int


@dataclass(slots=True, weakref_slot=True)
class _RecordPosition:
    """As much of an event as tables look at to find their partition."""

    message: _Message


@contextmanager
def _in_partition(number: int) -> Generator[None]:
    """Let tables be read and written outside the stream of a partition."""
    place = _RecordPosition(_Message(INTAKE_REQUESTS.name, number))
    token = _current_event.set(weakref.ref(cast("EventT[Any]", place)))
    try:
        yield
    finally:
        _current_event.reset(token)


class SurgeWatcher:
    """Counts reports by the events of Faust, and tells of surges now and then.

    Attributes:
        ready: Whether its tables are complete and it reads.
    """

    def __init__(self, settings: StreamSettings, cities: dict[str, City]) -> None:
        self.ready = False
        self._settings = settings
        self._clock: EventClock[TP] = EventClock()
        self._looked_at: int | None = None
        self._to_tell: set[SurgeKey] = set()
        self._gauges: Gauges[TP] = Gauges()
        self._app = _app(settings)
        ledgers, voices = map(self._table, _TABLES)
        self._tally = SurgeCounter(ledgers, voices, cities)
        self._app.agent(_requests(self._app), name="surges")(self._count)

    async def run(self, stopping: asyncio.Event) -> None:
        """Watch until asked to stop.

        Raises:
            StreamCrashedError: Faust gave up.
        """
        with suppress(StoppedError):
            async with open_sink(self._settings.kafka_bootstrap, stopping) as sink:
                await self._make_topics()
                try:
                    await cancel_on_stop(stopping, self._app.start())
                    self.ready = True
                    log.info("stream_started")
                    await self._look_on(sink, stopping)
                finally:
                    self.ready = False
                    await self._app.stop()

    async def _make_topics(self) -> None:
        """Make the topics of the tables; Faust would look for them before they are there."""
        own = [
            Topic(
                f"{self._settings.group}-{table}-changelog",
                "triage",
                "what the table keeps",
                readers=(),
                events=(),
                retention=None,
                partitions=INTAKE_REQUESTS.partitions,
            )
            for table in _TABLES
        ]
        await apply_topics(
            self._settings.kafka_bootstrap, own, replication=self._settings.replication
        )

    def _table(self, name: str) -> Table:
        table = self._app.Table(
            name,
            partitions=INTAKE_REQUESTS.partitions,
            key_type=bytes,
            value_type=bytes,
            options=dict(_TABLE_OPTIONS),
        )
        return cast("Table", table)

    async def _count(self, stream: Any) -> None:  # noqa: ANN401 - a stream of Faust
        decoder = Decoder(INTAKE_REQUESTS.events)
        async for event in stream.events():
            message = event.message
            try:
                request = decoder.decode(event.value).data
            except PermanentError:  # triage parks it
                self._clock.saw(message.tp, message.offset, None)
                continue
            if self._tally.count(request, message.partition):
                self._to_tell.add(SurgeKey.of(request, message.partition))
            self._clock.saw(message.tp, message.offset, request.observed_at)

    async def _look_on(self, sink: KafkaSink, stopping: asyncio.Event) -> None:
        self._to_tell.update(self._tally.keys())  # what a crash may have left untold
        while not self._app.should_stop:
            if not self._app.rebalancing:
                await self._advance()
                await self._tell(sink)
            await pause(stopping, _LOOK_EVERY_S)
        raise StreamCrashedError("faust gave up") from self._app.crash_reason

    async def _advance(self) -> None:
        behind = {lane: await self._behind(lane) for lane in self._lanes()}
        self._gauges.show_lag(behind, {lane: self._clock.next_offset(lane) for lane in behind})
        now = self._clock.now({lane: waiting != 0 for lane, waiting in behind.items()})
        if now is None or slot_of(now) == self._looked_at:
            return
        self._looked_at = slot_of(now)
        patches = list(self._tally.keys())
        self._gauges.keep(patches)
        for patch in patches:
            with _in_partition(patch.partition):
                if self._tally.advance(patch, now):
                    self._to_tell.add(patch)
            await asyncio.sleep(0)

    def _lanes(self) -> list[TP]:
        return [lane for lane in self._app.consumer.assignment() if lane.topic in _NAMES]

    async def _behind(self, lane: TP) -> int | None:
        """Return how much of the lane was not read yet; None where that cannot be told."""
        consumer: Any = self._app.consumer
        end, at = consumer.highwater(lane), self._clock.next_offset(lane)
        if at is None:
            at = consumer._read_offset[lane]  # noqa: SLF001 - where reading begins
        if at is None:
            at = (await consumer.earliest_offsets(lane))[lane]
        return None if end is None else max(0, end - at)

    async def _tell(self, sink: KafkaSink) -> None:
        for patch in list(self._to_tell):
            with _in_partition(patch.partition):
                surges = self._tally.unpublished(patch)
            for surge in surges:
                events = surge_event(patch, surge)
                try:
                    await sink.publish([r for e in events for r in Outgoing.for_event(e)])
                except BrokerDownError as error:
                    raise StreamCrashedError("the broker does not take surges") from error
                with _in_partition(patch.partition):
                    self._tally.mark_published(patch, surge)
                for event in events:
                    log.info("surge_told", type=event.type, patch=patch.name)
            with _in_partition(patch.partition):
                self._gauges.show_surge(patch, goes_on=self._tally.is_open(patch))
            self._to_tell.discard(patch)


def _app(settings: StreamSettings) -> faust.App:
    return faust.App(
        settings.group,
        broker=f"kafka://{settings.kafka_bootstrap}",
        store="rocksdb://",
        datadir=settings.folder,
        broker_session_timeout=_SESSION_S,
        broker_heartbeat_interval=_SESSION_S / 5,
        consumer_auto_offset_reset="earliest",
        topic_partitions=INTAKE_REQUESTS.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
        agent_supervisor="mode.CrashingSupervisor",
    )


def _requests(app: faust.App) -> Any:  # noqa: ANN401 - a topic of Faust
    return app.topic(
        *(lane.name for lane in _LANES),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )


@asynccontextmanager
async def surge_stream(settings: StreamSettings) -> AsyncGenerator[ServiceParts]:
    """Put the surge watcher together."""
    for library, level in _LIBRARIES.items():
        logging.getLogger(library).setLevel(level)
    cities = cities_of(await asyncio.to_thread(load_catalogue))
    watcher = SurgeWatcher(settings, cities)
    yield ServiceParts(None, tasks=[watcher.run], readiness_checks=[watcher])
