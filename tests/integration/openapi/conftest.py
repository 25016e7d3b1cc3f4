"""Every service as a process with its HTTP port."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from shared.contract.events import new_id
from shared.runtime.http.api_keys import Scope, store_keys
from shared.runtime.http.key_store import KEY_SCHEMAS
from shared.runtime.migrate import SERVICES
from tests.support.databases import Database
from tests.support.free_ports import reserved_port
from tests.support.stack import Stores

Serving: TypeAlias = Callable[[str], AbstractContextManager[str]]

_ROLES: tuple[Scope, ...] = ("adapter", "operator", "bureau")
KEYS = {role: f"key-of-the-{role}-of-these-tests" for role in _ROLES}
BUREAU = "PBOT-MOD"
SMS_TOKEN = "the token of the gateway"  # noqa: S105 - of the tests
_HOST = "127.0.0.1"


@pytest.fixture
async def serving(stores: Stores, database: Database, tmp_path: Path) -> Serving:
    """Return a context manager that runs a service, by its module, and yields its base URL."""
    for schema in KEY_SCHEMAS:
        await store_keys(
            database.admin_dsn,
            schema,
            [(BUREAU if role == "bureau" else role, role, key) for role, key in KEYS.items()],
        )

    @contextmanager
    def run(module: str) -> Generator[str]:
        with reserved_port() as port:
            settings = _settings(database, stores, tmp_path, port)
            process = subprocess.Popen((sys.executable, "-m", module), env=os.environ | settings)  # noqa: S603 - ours
            try:
                yield f"http://{_HOST}:{port}"
            finally:
                process.kill()
                process.wait()

    return run


def _settings(database: Database, stores: Stores, folder: Path, port: int) -> dict[str, str]:
    names = ("INTAKE", "TRIAGE", "TRIAGE_STREAM", "DISPATCH", "NOTIFY")
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
