"""Every service as a process with its HTTP port."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio

from shared.contract.events import new_id
from shared.runtime.http.api_keys import Scope, store_keys
from shared.runtime.http.key_store import KEY_SCHEMAS
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import open_database
from tests.support.databases import Database, insert_positions
from tests.support.free_ports import reserved_port
from tests.support.stack import Stores

Serving: TypeAlias = Callable[[str], str]

_ROLES: tuple[Scope, ...] = ("adapter", "operator", "bureau")
KEYS = {role: f"key-of-the-{role}-of-these-tests" for role in _ROLES}
BUREAU = "PBOT-MOD"
SMS_TOKEN = "the token of the gateway"  # noqa: S105 - of the tests
_HOST = "127.0.0.1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(stores: Stores) -> AsyncGenerator[Database]:
    """The database of the services, with a key of each role."""
    database = Database(await stores.new_database(), stores)
    async with open_database(database.admin_dsn) as db:
        await insert_positions(db, await stores.end_offsets())
    for schema in KEY_SCHEMAS:
        await store_keys(
            database.admin_dsn,
            schema,
            [(BUREAU if role == "bureau" else role, role, key) for role, key in KEYS.items()],
        )
    yield database
    await stores.drop_database(database.name)


@pytest.fixture(scope="module")
def serving(
    stores: Stores, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Serving]:
    """Return a function that starts a service, by its module, once, and returns its base URL."""
    folder = tmp_path_factory.mktemp("openapi")
    with ExitStack() as stack:

        @cache
        def started(module: str) -> str:
            port = stack.enter_context(reserved_port())
            settings = _settings(database, stores, folder, port)
            if module == "services.intake":
                settings["INTAKE_INSIGHT_URL"] = started("services.insight")
            process = subprocess.Popen((sys.executable, "-m", module), env=os.environ | settings)  # noqa: S603 - ours
            stack.callback(process.wait)
            stack.callback(process.kill)
            return f"http://{_HOST}:{port}"

        yield started


def _settings(database: Database, stores: Stores, folder: Path, port: int) -> dict[str, str]:
    names = ("INTAKE", "TRIAGE", "TRIAGE_STREAM", "DISPATCH", "NOTIFY", "INSIGHT")
    return {
        **stores.access.environment(),
        **{f"{name}_HTTP_PORT": str(port) for name in names},
        **{f"{name.upper()}_POSTGRES_DSN": database.dsn(name) for name in SERVICES},
        "INTAKE_PUBLIC_URL": f"http://{_HOST}:{port}",
        "INTAKE_REPORTER_KEY": "a secret of the tests",
        "INTAKE_MEDIA_FOLDER": str(folder / "media"),
        "INTAKE_ACCEPTS_PER_SECOND": "100000",
        "INTAKE_ADDRESS_PER_SECOND": "100000",
        "DISPATCH_KEY_PER_SECOND": "100000",
        "DISPATCH_ADDRESS_PER_SECOND": "100000",
        "INSIGHT_KEY_PER_SECOND": "100000",
        "INSIGHT_ADDRESS_PER_SECOND": "100000",
        "TRIAGE_KEY_PER_SECOND": "100000",
        "TRIAGE_ADDRESS_PER_SECOND": "100000",
        "NOTIFY_KEY_PER_SECOND": "100000",
        "NOTIFY_ADDRESS_PER_SECOND": "100000",
        "INTAKE_SMS_TOKEN": SMS_TOKEN,
        "INTAKE_SMS_NUMBERS": "+15035550100=portland.gov",
        "NOTIFY_CONTACT_KEY": "a secret of the tests",
        "NOTIFY_PUBLIC_URL": f"http://{_HOST}:{port}",
        "NOTIFY_SENDER": "311@city.example",
        "NOTIFY_SMTP_HOST": _HOST,
        "NOTIFY_SMTP_PORT": "1",
        "TRIAGE_STREAM_FOLDER": str(folder / "tables"),
        "TRIAGE_STREAM_GROUP": f"openapi-{new_id()}",
    }
