"""A router under attack, seen from outside: its topics, its HTTP, its processes, its logs."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from zlib import crc32

import aiohttp
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.hostile.measuring import peak_memory, reset_peak
from tests.support.router import Router, kafka_client_options, running_router
from tests.support.waiting import eventually

SERVICES = ("intake", "triage", "dispatch", "notify", "triage.surges")
_MAX_RECORD_BYTES = 9_000_000
_CALM_WITHIN_S = 20.0
_IDLE_WITHIN_S = 10.0
_READY_WITHIN_S = 5.0
_WAITING = ("route311_lag_messages{", "route311_outbox_messages ")


@dataclass(frozen=True, slots=True)
class RawName:
    """The name of a header, as bytes that need not be UTF-8."""

    raw: bytes

    def encode(self, _: str) -> bytes:
        """Return the bytes, as the builder of batches asks for them."""
        return self.raw


@dataclass(frozen=True, slots=True)
class Raw:
    """A Kafka record of any bytes.

    Attributes:
        timestamp_ms: None for now.
        what: The harm in it, for messages.
        must_be_parked: Whether nobody can read it as an event.
    """

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str | RawName, bytes | None]] = ()
    timestamp_ms: int | None = None
    what: str = "good"
    must_be_parked: bool = False


class Tail:
    """Everything that topics get from now on, with the moment at which it was seen."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.seen: list[tuple[float, ConsumerRecord[bytes, bytes]]] = []

    async def follow(self) -> None:
        """Read until cancelled."""
        while True:
            for records in (await self._consumer.getmany(timeout_ms=100)).values():
                self.seen += [(monotonic(), record) for record in records]

    def events(self, topic: str) -> list[tuple[float, dict[str, Any]]]:
        """Return what one of the topics carried, decoded; garbage is left out."""
        events = []
        for at, record in self.seen:
            with suppress(ValueError):
                event = json.loads(record.value or b"") if record.topic == topic else None
                events += [(at, event)] if isinstance(event, dict) and "data" in event else []
        return events

    def parked(self) -> dict[str, str]:
        """Return the code of each dead letter, by topic, partition and offset of the original."""
        dead = [dict(r.headers) for _, r in self.seen if r.topic.endswith("-dlq")]
        return {h["source"].decode(): h["code"].decode() for h in dead if "source" in h}


@dataclass(slots=True)
class Target:
    """A running router."""

    router: Router
    stack: dict[str, Any]
    bases: dict[str, str]
    began_as: dict[str, int | None] = field(init=False)

    def __post_init__(self) -> None:
        self.began_as = self.pids()

    def pids(self) -> dict[str, int | None]:
        return {service: self.router.pid_of(service) for service in SERVICES}

    async def get(self, service: str, path: str) -> tuple[int, str]:
        """Return status and text of a page, 0 and nothing when the service does not answer."""
        timeout = aiohttp.ClientTimeout(total=2)
        try:
            async with (
                aiohttp.ClientSession(self.bases[service], timeout=timeout) as session,
                session.get(path) as answer,
            ):
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def unready(self) -> list[str]:
        """Return the services that do not say that they are ready."""
        return [name for name in SERVICES if (await self.get(name, "/ready"))[0] != 200]

    async def is_idle(self) -> bool:
        """Tell whether every consumer has read all there is, by its own count."""
        pages = [(await self.get(name, "/metrics"))[1] for name in SERVICES]
        waiting = [ln for page in pages for ln in page.splitlines() if ln.startswith(_WAITING)]
        return all(pages) and not any(float(line.rsplit(" ", 1)[1]) for line in waiting)

    async def harm(self, before: Mapping[str, int | None]) -> list[str]:
        """Wait until all is read; return what restarted, or is unready 5 s later."""

        async def all_ready() -> bool:
            return not await self.unready()

        with suppress(TimeoutError):
            await eventually(self.is_idle, within_s=_IDLE_WITHIN_S)
        with suppress(TimeoutError):
            await eventually(all_ready, within_s=_READY_WITHIN_S)
        now = self.pids()
        restarted = [f"{name} restarted" for name, pid in before.items() if now[name] != pid]
        return restarted + [f"{name} is not ready" for name in await self.unready()]

    def cpu_s(self) -> float:
        """Return the CPU seconds that the readers of texts, intake and triage, used so far."""
        pids = [self.router.pid_of("intake"), self.router.pid_of("triage")]
        return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids if pid)

    def reset_peaks(self) -> dict[str, int]:
        """Begin to watch memory; return what each service holds now, in bytes."""
        return {name: reset_peak(pid) for name, pid in self.pids().items() if pid}

    def growth(self, before: Mapping[str, int]) -> int:
        """Return by how many bytes the service that grew the most grew at its peak."""
        peaks = {name: peak_memory(pid) for name, pid in self.pids().items() if pid}
        return max((peaks[name] - was for name, was in before.items() if name in peaks), default=0)

    def logged(self, text: str) -> list[str]:
        """Return each place in the logs of the stack that holds the text."""
        files = [*(self.router.data / "logs").iterdir(), self.router.data.parent / "up.log"]
        return [
            f"{file.name}: {line[:200]}"
            for file in files
            for line in file.read_text(errors="replace").splitlines()
            if text in line
        ]

    @asynccontextmanager
    async def tail(self, *topics: str) -> AsyncGenerator[Tail]:
        """Follow topics from their ends."""
        async with AIOKafkaConsumer(
            *topics, enable_auto_commit=False, **kafka_client_options(self.stack)
        ) as consumer:
            await consumer.seek_to_end()
            for partition in consumer.assignment():
                await consumer.position(partition)
            tail = Tail(consumer)
            task = asyncio.create_task(tail.follow())
            try:
                yield tail
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def write(self, records: Iterable[Raw]) -> list[str]:
        """Write records; return where each stands, empty for one that the broker refuses."""
        async with AIOKafkaProducer(
            max_request_size=_MAX_RECORD_BYTES, **kafka_client_options(self.stack)
        ) as producer:
            return [await _write(producer, record) for record in records]

    async def topics(self) -> set[str]:
        async with AIOKafkaConsumer(**kafka_client_options(self.stack)) as consumer:
            return set(await consumer.topics())


async def _write(producer: AIOKafkaProducer, record: Raw) -> str:
    """Write one record by the plain builder, which takes null everywhere and any header name."""
    partitions = sorted(await producer.partitions_for(record.topic))
    partition = partitions[crc32(record.key or b"") % len(partitions)]
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(  # noqa: SLF001 - the other takes less
        2, 0, 0, -1, -1, -1, _MAX_RECORD_BYTES
    )
    batch.append(
        timestamp=record.timestamp_ms,
        key=record.key,
        value=record.value,
        headers=list(record.headers),
    )
    try:
        sent = await (await producer.send_batch(batch, record.topic, partition=partition))
    except KafkaError:
        return ""
    return f"{record.topic}/{partition}/{sent.offset}"


@dataclass(slots=True)
class Targets:
    """Routers, one after the other.

    Attributes:
        folder: Where each has a folder of its own.
    """

    folder: Path
    _count: int = 0
    _current: Target | None = None
    _life: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def calm(self) -> Target:
        """Return the router, or a new one when the last test left it broken or restless."""
        if self._current is None or not await self._is_calm(self._current):
            await self.stop()
            self._current = await self._start()
        return self._current

    async def stop(self) -> None:
        """Stop the router; end what it leaves behind."""
        if self._current is None:
            return
        up = psutil.Process(self._current.router.process.pid)
        family = [*up.children(recursive=True), up]
        self._current = None
        with suppress(TimeoutError, AssertionError):
            await self._life.aclose()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    async def _start(self) -> Target:
        self._count += 1
        folder = self.folder / f"{self._count}"
        folder.mkdir(mode=0o755)
        router = await self._life.enter_async_context(running_router(folder / "data"))
        stack = router.stack
        surges = psutil.Process(router.pid_of("triage.surges")).environ()
        bases = {name: stack[name] for name in SERVICES if name in stack}
        bases["triage.surges"] = f"http://127.0.0.1:{surges['TRIAGE_STREAM_HTTP_PORT']}"
        target = Target(router, stack, bases)
        await eventually(target.is_idle)
        return target

    async def _is_calm(self, target: Target) -> bool:
        """Tell whether the router soon has nothing to do, and no service ever restarted."""

        async def calm() -> bool:
            return not await target.unready() and await target.is_idle()

        with suppress(TimeoutError):
            await eventually(calm, within_s=_CALM_WITHIN_S)
        return await calm() and target.began_as == target.pids()
