"""T14: rolling restart of every service, twice, the second time with new migrations."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from deploy.local.infrastructure import infrastructure
from deploy.local.process import Process
from deploy.local.services import ROUTER, running_services
from deploy.local.supervisor import prepare_stores
from shared.catalogue import load_catalogue
from shared.runtime.migrate import SERVICES, Migration, load_migrations, migrate
from tests.faults.overload.balanced import Balanced
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]

RATE = 50
STOP_WITHIN_S = 10
LONGEST_PAUSE_S = 5.0
_DECIDED = "SELECT count(*) FROM triage.outbox WHERE topic = 'triage-decisions'"
_MISSING = """
    SELECT count(*) FROM unnest($1::text[]) AS accepted (id)
     WHERE NOT EXISTS (SELECT FROM triage.decisions d WHERE d.request_id::text = accepted.id)
"""


def next_version(service: str) -> Sequence[Migration]:
    """Return the migrations of a next version, with three more."""
    more = [
        Migration(f"runtime/999{n}_note.sql", f"ALTER TABLE {table} ADD COLUMN note text")
        for n, table in enumerate(("outbox_batches", "inbox", "consumer_offset"))
    ]
    return [*load_migrations(service), *more]


def second_instance(process: Process) -> Process:
    """Return another instance of a service, not yet started, on a port of its own."""
    program = process.program
    port = program.port + 1000
    environment = {
        **(program.environment or {}),
        f"{program.name.upper()}_HTTP_PORT": str(port),
    }
    return Process(
        replace(program, name=f"{program.name}-2", port=port, environment=environment),
        process.folder,
    )


async def longest_pause_s(admin_dsn: str, ended: asyncio.Event) -> float:
    """Return the longest time without a decision of triage, in seconds."""
    connection = await asyncpg.connect(admin_dsn)
    count, since, longest_s = 0, time.monotonic(), 0.0
    while not ended.is_set():
        now = await connection.fetchval(_DECIDED)
        if now != count:
            count, since = now, time.monotonic()
        longest_s = max(longest_s, time.monotonic() - since)
        await asyncio.sleep(0.1)
    await connection.close()
    return longest_s


async def stop_gracefully(process: Process) -> float:
    """Stop the process; return the duration in seconds."""
    began = time.monotonic()
    await process.stop(STOP_WITHIN_S)
    assert process.exit_code == 0, f"{process.name} was killed"
    return time.monotonic() - began


@dataclass(slots=True)
class Router:
    """The processes to restart, each the way an operator does it.

    Attributes:
        intakes: Two instances behind a load balancer, so one is enough for a while.
        watcher: The surge watcher; its folder belongs to one process at a time.
        others: Each process and its successor, which starts before the process stops.
    """

    intakes: tuple[Process, Process]
    watcher: Process
    others: list[tuple[Process, Process]]

    @classmethod
    def of(cls, services: Sequence[Process]) -> "Router":
        """Return the services of a stack, with a second instance of all but the watcher.

        Consumers come before producers.
        """
        intake, *others, watcher = services
        pairs = [(process, second_instance(process)) for process in reversed(others)]
        return cls((intake, second_instance(intake)), watcher, pairs)

    async def restart(self) -> list[float]:
        """Restart every service; return the duration of each stop, in seconds."""
        took_s = []
        for number, (current, successor) in enumerate(self.others):
            await successor.start()
            took_s.append(await stop_gracefully(current))
            self.others[number] = successor, current
        for process in (self.watcher, *self.intakes):
            took_s.append(await stop_gracefully(process))
            await process.start()
        return took_s


@asynccontextmanager
async def running(services: Sequence[Process]) -> AsyncGenerator[Router]:
    """Run a router with two intakes."""
    router = Router.of(services)
    await router.intakes[1].start()
    try:
        yield router
    finally:
        for process in (*router.intakes, *chain(*router.others)):
            await process.stop(STOP_WITHIN_S)


async def test_every_service_is_restarted_twice_and_no_caller_sees_it(data_folder: Path) -> None:
    bureaus = load_catalogue().bureau_codes
    async with infrastructure(data_folder) as infra:
        keys = await prepare_stores(infra, bureaus)
        async with (
            running_services(infra, ROUTER) as services,
            running(services) as router,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as client,
        ):
            bases = [f"http://{process.program.address}" for process in router.intakes]
            traffic = Balanced(bases, keys.adapters["demo"], client)
            ended = asyncio.Event()
            stops_s: list[float] = []
            async with asyncio.TaskGroup() as group:
                async with traffic.at(RATE):
                    await eventually(lambda: _first_decision(infra.admin_dsn))
                    watching = group.create_task(longest_pause_s(infra.admin_dsn, ended))
                    for version in (load_migrations, next_version):
                        steps = await migrate(infra.admin_dsn, migrations_for=version)
                        assert len(steps) == (3 * len(SERVICES) if version is next_version else 0)
                        stops_s += await router.restart()
                ended.set()
            missing = await eventually(lambda: _nothing_missing(infra.admin_dsn, traffic.accepted))

    pause_s = watching.result()
    sys.stdout.write(
        f"\n{len(traffic.statuses)} calls, longest pause {pause_s:.1f} s, "
        f"stops {min(stops_s):.1f} to {max(stops_s):.1f} s\n"
    )
    assert missing
    assert set(traffic.statuses) == {201}
    assert pause_s <= LONGEST_PAUSE_S


async def _first_decision(admin_dsn: str) -> bool:
    connection = await asyncpg.connect(admin_dsn)
    try:
        return bool(await connection.fetchval(_DECIDED))
    finally:
        await connection.close()


async def _nothing_missing(admin_dsn: str, accepted: Sequence[str]) -> bool:
    connection = await asyncpg.connect(admin_dsn)
    try:
        return bool(await connection.fetchval(_MISSING, list(accepted)) == 0)
    finally:
        await connection.close()
