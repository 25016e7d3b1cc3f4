"""T17: five times as many submissions as intake's capacity.

The capacity is measured first, by the same generator that then offers five times as many. It runs
on the same cores as intake, PostgreSQL and Kafka, and takes more of the machine in the second part.
"""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest

from deploy.local.infrastructure import infrastructure
from deploy.local.process import Process
from deploy.local.services import ROUTER, running_services
from deploy.local.supervisor import prepare_stores
from shared.catalogue import load_catalogue
from tests.support.latencies import Measured, load, p99_s

pytestmark = pytest.mark.faults

SECONDS = float(os.environ.get("OVERLOAD_SECONDS", "60"))
CAPACITY_SECONDS = 10.0
CALLERS = 150
SWELL_SECONDS = 5.0
CONNECTIONS = 1_000
_SUBMISSIONS = "SELECT submission_id FROM intake.submissions WHERE first"
_REQUESTS = "SELECT count(*) FROM intake.requests"


@dataclass(frozen=True, slots=True)
class Intake:
    """An intake service without the other services."""

    process: Process
    key: str
    admin_dsn: str

    @property
    def port(self) -> int:
        """Its HTTP port."""
        return self.process.program.port

    @property
    def memory(self) -> int:
        """Its resident memory, in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    async def shed_count(self) -> float:
        """Return its own count of rejections by load shedding."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{self.port}/metrics") as response,
        ):
            lines = (await response.text()).splitlines()
        return sum(float(ln.split()[1]) for ln in lines if ln.startswith("route311_shed_total{"))

    async def stored(self) -> tuple[list[str], int]:
        """Return the ids of the submissions in its database, and the number of requests."""
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            rows = await connection.fetch(_SUBMISSIONS)
            return [row[0] for row in rows], await connection.fetchval(_REQUESTS)
        finally:
            await connection.close()


@asynccontextmanager
async def running_intake(data: Path) -> AsyncGenerator[Intake]:
    bureaus = load_catalogue().bureau_codes
    only_intake = [service for service in ROUTER if service.name == "intake"]
    async with infrastructure(data, mail=False) as infra:
        keys = await prepare_stores(infra, bureaus)
        async with running_services(infra, only_intake) as [process]:
            yield Intake(process, keys.adapters["demo"], infra.admin_dsn)


async def test_at_five_times_its_capacity_intake_does_its_work_and_says_no_at_once(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTAKE_KEY_PER_SECOND", "100000")  # all that the one key sends is the load
    async with running_intake(data_folder) as intake:
        at = intake.port, intake.key
        await load(*at, "warm", seconds=2, connections=CALLERS)
        able = await load(*at, "able", seconds=CAPACITY_SECONDS, connections=CALLERS)
        rate = 5 * able.goodput
        await load(*at, "swell", seconds=SWELL_SECONDS, connections=CONNECTIONS, rate=rate)
        before = intake.memory
        over = await load(*at, "over", seconds=SECONDS, connections=CONNECTIONS, rate=rate)
        grown = intake.memory / before - 1
        counted_shed = await intake.shed_count()
        stored = await intake.stored()

    sys.stdout.write(
        f"\ncapacity: {able.summary()}\noverload: {over.summary()}, memory {grown:+.1%}\n"
    )
    assert counted_shed >= len(over.shed) > 0, "nobody was turned away: the run is void"
    assert over.unsent < 0.01 * rate * SECONDS, "the load was not offered: the run is void"
    assert {response.status for response in over.responses} == {201, 503}
    assert over.unanswered == 0
    assert over.goodput >= 0.9 * able.goodput
    assert p99_s(over.shed) <= 0.05
    assert all(response.retry_after for response in over.shed)
    assert grown < 0.2
    _assert_stored_once(able, over, stored)


def _assert_stored_once(able: Measured, over: Measured, stored: tuple[list[str], int]) -> None:
    ids, requests = stored
    assert len(ids) == len(set(ids)) == requests
    for part in (able, over):
        accepted = {f"{part.prefix}{response.number}" for response in part.accepted}
        shed = {f"{part.prefix}{response.number}" for response in part.shed}
        assert accepted <= set(ids)
        assert part is able or not shed & set(ids), "turned away, and yet taken"
