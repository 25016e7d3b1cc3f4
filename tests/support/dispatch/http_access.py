"""Dispatch's HTTP port, with the keys of two bureaus and an operator."""

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from services.dispatch.app import dispatch
from services.dispatch.handlers.incoming import on_messages
from services.dispatch.policy import DispatchPolicy
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.events import keep_events
from services.dispatch.store.postgres import PostgresDispatchStore
from shared.catalogue import load_catalogue
from shared.contract.events import RequestTriaged, WorkOrder, WorkOrderIssued
from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import store_keys
from shared.runtime.http.server import serve_http
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.postgres import Pool, transaction
from shared.runtime.service import ServiceTask
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.factories import messages
from tests.support.dispatch.sinkholes import INFORMED, LEAD, sinkhole
from tests.support.paths import REPOSITORY

KEYS = {bureau: f"key of the bureau called {bureau}" for bureau in (LEAD, *INFORMED)}
OPERATOR = "key of the operator called Olga"
ADAPTER = "key of an adapter"
POLICY = DispatchPolicy.of(load_catalogue())
GUIDE = REPOSITORY / "docs" / "operators.md"
_WAITING_FOR_A_LOCK = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def add_keys(database: Database) -> None:
    """Make the keys known to dispatch."""
    bureaus = [(bureau, "bureau", key) for bureau, key in KEYS.items()]
    others = [("Olga", "operator", OPERATOR), ("demo", "adapter", ADAPTER)]
    await store_keys(database.admin_dsn, "dispatch", [*bureaus, *others])  # type: ignore[list-item]


@asynccontextmanager
async def serving_dispatch(settings: DispatchSettings) -> AsyncGenerator[aiohttp.ClientSession]:
    """Run dispatch with its port; yield a client of it. When a part fails, the test fails."""
    stopping = asyncio.Event()
    async with (
        dispatch(settings, lambda: NOON) as parts,
        serve_http(
            "127.0.0.1", 0, routes=parts.routes, check=_nothing_missing, stopping=stopping
        ) as port,
        asyncio.TaskGroup() as group,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        for work in (*parts.tasks, *parts.request_tasks):
            group.create_task(_run(work, stopping))
        yield client
        stopping.set()


async def open_case(pool: Pool, *decided: RequestTriaged) -> Sequence[WorkOrder]:
    """Open cases as dispatch does with a batch of decisions; return their work orders."""
    async with transaction(pool) as db:
        store = PostgresDispatchStore(db)
        produced = await on_messages(messages(*decided), store, POLICY, utc_now())
        await enqueue(db, await keep_events(db, produced))
    return [event.data for event in produced if isinstance(event, WorkOrderIssued)]


async def change_order(pool: Pool, order: WorkOrder, *, level: str) -> None:
    """Attach a report of a level to the case of a work order, which tells its bureaus."""
    await open_case(pool, sinkhole(order.case_id, level))


async def _run(work: ServiceTask, stopping: asyncio.Event) -> None:
    await work(stopping)


async def _nothing_missing() -> str | None:
    return None


def update_of(status: str, **changes: Any) -> dict[str, Any]:
    """The body of an update."""
    return {"status": status, "at": "2026-11-24T17:00:00Z", **changes}


async def guided(title: str, client: aiohttp.ClientSession, **environment: str) -> Any:
    """Run an example of the guide; return the answer that it prints."""
    found = re.search(
        rf'^```sh title="{title}"\n(.*?)^```$', GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found
    known = {"DISPATCH": str(client._base_url).rstrip("/"), "KEY": OPERATOR}  # noqa: SLF001
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", found[1], env=os.environ | known | environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output
    return json.loads(output)


class OnConnection:
    """A pool of one connection that is in a transaction already."""

    def __init__(self, db: Any) -> None:
        self._db = db

    async def acquire(self, *, timeout: float) -> Any:  # noqa: ASYNC109 - as in asyncpg
        del timeout
        return self._db

    async def release(self, connection: Any) -> None:
        """Keep the connection."""


async def waits_or_done(pool: Pool, task: asyncio.Task[Any]) -> bool:
    """Whether a task has ended, or somebody waits for an advisory lock."""
    return task.done() or await pool.fetchval(_WAITING_FOR_A_LOCK) > 0
