"""Shutdown of a service, as its HTTP callers see it."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import psutil
import pytest
from aiohttp import web

from shared.runtime.postgres import Pool
from shared.runtime.service import (
    Channel,
    ChannelParts,
    Reader,
    ServiceParts,
    freeze_startup_objects,
    open_channels,
    run_until_stopped,
)
from shared.runtime.settings import ServiceSettings
from tests.support.free_ports import reserved_port
from tests.support.waiting import eventually


class FakeService:
    """Responds 200 until its task was stopped."""

    def __init__(self) -> None:
        self.is_running = False
        self.may_respond = asyncio.Event()
        self.calls = 0
        self.task_stopped = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        self.is_running = True
        await stopping.wait()
        self.is_running = False

    async def work(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self.task_stopped.set()

    async def respond(self, _: web.Request) -> web.Response:
        self.calls += 1
        await self.may_respond.wait()
        return web.Response(status=200 if self.is_running else 503)


class FakePool:
    async def fetchval(self, _: str) -> int:
        return 1


@asynccontextmanager
async def running(
    service: FakeService,
    drain_seconds: float,
    *,
    has_callers: bool = True,
    readers: Sequence[Reader] = (),
    **more: Any,
) -> AsyncGenerator[tuple[aiohttp.ClientSession, int, asyncio.Event, asyncio.Task[None]]]:
    settings: dict[str, Any] = {
        "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "ROUTE311_DRAIN_SECONDS": drain_seconds,
        "postgres_dsn": "postgresql://127.0.0.1:1/nothing",
        **more,
    }
    parts = ServiceParts(
        cast(Pool, FakePool()),
        tasks=[service.work],
        request_tasks=[service.run],
        routes=[web.get("/", service.respond)] if has_callers else [],
        readers=readers,
    )
    stopping = asyncio.Event()
    with reserved_port() as port:
        of_port = ServiceSettings.model_validate(settings | {"http_port": port})
        running = asyncio.create_task(run_until_stopped(parts, of_port, stopping))
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            assert await eventually(lambda: status(client, "/live"))
            yield client, port, stopping, running
        await running


async def status(client: aiohttp.ClientSession, path: str) -> int | None:
    try:
        async with client.get(path) as response:
            return response.status
    except aiohttp.ClientConnectionError:
        return None


async def is_closed(port: int) -> bool:
    """Return True when nothing listens there; a connection could still be accepted."""
    return not any(
        connection.laddr.port == port and connection.status == psutil.CONN_LISTEN
        for connection in psutil.Process().net_connections("tcp")
    )


async def test_while_it_drains_it_is_not_ready_and_answers_as_usual() -> None:
    service = FakeService()
    service.may_respond.set()
    async with running(service, drain_seconds=3) as (client, port, stopping, _):
        assert await status(client, "/ready") == 200
        stopping.set()
        assert await status(client, "/ready") == 503
        assert await status(client, "/serving") == 503
        assert await status(client, "/") == 200
        assert service.task_stopped.is_set()
        await eventually(lambda: is_closed(port))


async def test_a_blocked_reader_takes_no_calls_away() -> None:
    @dataclass
    class BlockedReader:
        name: str = "intake-status"
        blocked: str | None = "it ended at the dead-letter limit"
        ready: bool = True

    service = FakeService()
    service.may_respond.set()
    async with running(service, drain_seconds=0, readers=[BlockedReader()]) as (client, _, end, _):
        found = [await status(client, path) for path in ("/live", "/ready", "/serving", "/")]
        end.set()

    assert found == [200, 503, 200, 200]


async def test_callers_in_flight_are_answered_before_what_they_wait_for_stops() -> None:
    service = FakeService()
    async with running(service, drain_seconds=0) as (client, port, stopping, running_parts):
        call = asyncio.create_task(status(client, "/"))

        async def has_arrived() -> bool:
            return service.calls == 1

        await eventually(has_arrived)
        stopping.set()

        await eventually(lambda: is_closed(port))
        assert not running_parts.done()
        service.may_respond.set()
        assert await call == 200


async def test_a_service_without_callers_does_not_wait_for_them() -> None:
    async with running(FakeService(), drain_seconds=5, has_callers=False) as (
        _,
        _,
        stopping,
        parts,
    ):
        stopping.set()
        async with asyncio.timeout(4.5):
            await parts


async def test_the_settings_limit_the_callers() -> None:
    more: dict[str, Any] = {"ROUTE311_HTTP_HEAD_SECONDS": 0.2, "ROUTE311_HTTP_CONNECTIONS": 16}
    with reserved_port() as metrics_port:
        async with running(FakeService(), 0, metrics_port=metrics_port, **more) as (
            client,
            port,
            stopping,
            _,
        ):
            assert await status(client, "/metrics") == 404
            assert await status(client, f"http://127.0.0.1:{metrics_port}/metrics") == 200
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /live HTTP/1.1\r\n")
            async with asyncio.timeout(4):  # less than the usual limit
                assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            writer.close()
            stopping.set()


LIMITED = """
import resource
from shared.runtime.service import allow_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 256))
print(allow_open_files(100), allow_open_files(200), allow_open_files(300))
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_the_process_may_open_as_many_files_as_it_needs_and_the_system_allows() -> None:
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["128", "200", "256", "256", "256"]


async def test_the_first_part_that_fails_ends_all() -> None:
    service = FakeService()

    async def fails(_: asyncio.Event) -> None:
        raise LookupError

    parts = ServiceParts(
        cast(Any, FakePool()), tasks=[fails, service.work], request_tasks=[service.run]
    )
    settings = ServiceSettings.model_validate(
        {
            "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "postgres_dsn": "postgresql://127.0.0.1:1/nothing",
            "http_port": 0,
        }
    )
    failed: BaseExceptionGroup[Any] | None = None
    try:
        await run_until_stopped(parts, settings, asyncio.Event())
    except BaseExceptionGroup as group:
        failed = group
    assert failed is not None
    assert failed.subgroup(LookupError)


@pytest.fixture(autouse=True)
def restored() -> Generator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_was_loaded_is_looked_at_no_more_and_what_comes_later_is() -> None:
    loaded = [object()]
    freeze_startup_objects()
    later: list[object] = []
    looked_at = {id(thing) for thing in gc.get_objects()}

    assert id(loaded) not in looked_at
    assert id(later) in looked_at


async def _until(stopping: asyncio.Event) -> None:
    await stopping.wait()


def channel(name: str, opened: list[str]) -> Channel[str]:
    """Return a channel that notes when it opens and closes."""

    @asynccontextmanager
    async def open_(core: str) -> AsyncGenerator[ChannelParts]:
        opened.append(f"{name} on {core}")
        yield ChannelParts(tasks=[_until], request_tasks=[_until], routes=[web.get(name, _ok)])
        opened.append(f"{name} closed")

    return open_


async def _ok(_: web.Request) -> web.Response:
    return web.Response()


async def test_a_process_opens_the_channels_of_its_setting_alone_and_closes_them_in_reverse() -> (
    None
):
    opened = list[str]()
    channels = {name: channel(name, opened) for name in ("/api", "/pages", "/mail")}

    async with open_channels("core", channels, ["/mail", "/api"]) as parts:
        paths = [cast("web.RouteDef", route).path for route in parts.routes]
        counts = len(parts.tasks), len(parts.request_tasks)

    assert (paths, counts) == (["/mail", "/api"], (2, 2))
    assert opened == ["/mail on core", "/api on core", "/api closed", "/mail closed"]


async def test_without_a_choice_a_process_opens_every_channel() -> None:
    opened = list[str]()
    channels = {name: channel(name, opened) for name in ("/api", "/pages")}

    async with open_channels("core", channels, None) as parts:
        assert len(parts.routes) == 2


async def test_an_unknown_channel_stops_the_start_with_the_names_that_there_are() -> None:
    channels = {name: channel(name, []) for name in ("api", "pages")}

    with pytest.raises(ValueError, match="no channel page; there are api, pages"):
        async with open_channels("core", channels, ["api", "page"]):
            pass
