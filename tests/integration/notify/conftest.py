"""Notify on the real broker and database, with a mail server of the test's own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeAlias

import pytest

from services.notify.app import notify
from services.notify.settings import NotifySettings
from shared.runtime.postgres import Pool, open_pool
from shared.runtime.service import ServiceParts
from tests.integration.notify.sms_provider import SmsProvider, open_sms_provider
from tests.integration.notify.stores import InMemoryStores, NotifyStores, PostgresStores
from tests.support.databases import Database
from tests.support.notify.factories import CONTACT_KEY, PUBLIC_URL, SENDER
from tests.support.notify.mail_server import MailServer, open_mail_server
from tests.support.stack import Stores

RunNotify: TypeAlias = Callable[..., AbstractAsyncContextManager[ServiceParts]]
StartProcess: TypeAlias = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@pytest.fixture
async def mail() -> AsyncGenerator[MailServer]:
    async with open_mail_server() as server:
        yield server


@pytest.fixture
async def sms() -> AsyncGenerator[SmsProvider]:
    async with open_sms_provider() as provider:
        yield provider


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("notify"), size=8) as pool:
        yield pool


@pytest.fixture
def environment(stores: Stores, database: Database, mail: MailServer) -> dict[str, str]:
    return {
        **stores.access.environment(),
        "NOTIFY_POSTGRES_DSN": database.dsn("notify"),
        "NOTIFY_HTTP_PORT": "0",
        "NOTIFY_CONTACT_KEY": CONTACT_KEY.decode(),
        "NOTIFY_PUBLIC_URL": PUBLIC_URL,
        "NOTIFY_SENDER": SENDER,
        "NOTIFY_SMTP_HOST": "127.0.0.1",
        "NOTIFY_SMTP_PORT": str(mail.port),
    }


@pytest.fixture
def running(environment: dict[str, str]) -> RunNotify:
    """Return a context manager that runs notify in this process."""

    @asynccontextmanager
    async def run(**changes: str) -> AsyncGenerator[ServiceParts]:
        fields: dict[str, Any] = {
            name.removeprefix("NOTIFY_").lower() if name.startswith("NOTIFY_") else name: value
            for name, value in (environment | changes).items()
        }
        stopping = asyncio.Event()
        async with notify(NotifySettings(**fields)) as parts, asyncio.TaskGroup() as group:
            for work in parts.tasks:
                group.create_task(_run(work, stopping))
            yield parts
            stopping.set()

    return run


async def _run(work: Any, stopping: asyncio.Event) -> None:
    await work(stopping)


@pytest.fixture
def process(stores: Stores, environment: dict[str, str]) -> StartProcess:
    """Return a context manager that runs notify as a process and kills it at the end."""

    @asynccontextmanager
    async def run(**changes: str) -> AsyncGenerator[asyncio.subprocess.Process]:
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.notify",
            env=os.environ | environment | changes,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):
                started.kill()
            await started.communicate()
            await stores.evict_members("notify")

    return run


@pytest.fixture(params=["in memory", "in PostgreSQL"])
def store(request: pytest.FixtureRequest) -> NotifyStores:
    if request.param == "in memory":
        return InMemoryStores()
    return PostgresStores(request.getfixturevalue("pool"))
