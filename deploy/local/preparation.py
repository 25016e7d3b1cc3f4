"""What must be in the stores before the services start."""

import time
from collections.abc import Awaitable, Callable, Sequence

from deploy.local.infrastructure import Infrastructure
from deploy.local.report import Prepared, Report
from deploy.local.services import role_password
from deploy.local.stack_file import Keys
from shared.contract.topics import all_topics
from shared.runtime.http.api_keys import Scope, store_keys
from shared.runtime.kafka import apply_topics
from shared.runtime.migrate import SERVICES, migrate, set_passwords

_KEY_READERS = ("intake", "dispatch")
_ADAPTER = "demo"
_OPERATOR = "operator"


async def prepare(infra: Infrastructure, bureaus: Sequence[str]) -> Keys:
    """Bring tables and topics to the version of the code, and let the services know the keys."""
    report = infra.site.report
    keys = _keys(infra, bureaus)
    await _timed(report, lambda: _prepare_tables(infra))
    await _timed(report, lambda: _prepare_topics(infra, bureaus))
    await _timed(report, lambda: _store(infra, keys))
    return keys


async def _timed(report: Report, step: Callable[[], Awaitable[str]]) -> None:
    began = time.monotonic()
    done = await step()
    report(Prepared(done, time.monotonic() - began))


async def _prepare_tables(infra: Infrastructure) -> str:
    steps = await migrate(infra.admin_dsn)
    passwords = {service: role_password(infra, service) for service in SERVICES}
    await set_passwords(infra.admin_dsn, passwords)
    return f"tables: {len(steps)} steps"


async def _prepare_topics(infra: Infrastructure, bureaus: Sequence[str]) -> str:
    changes = await apply_topics(infra.bootstrap, all_topics(bureaus))
    return f"topics: {len(changes)} changes"


def _keys(infra: Infrastructure, bureaus: Sequence[str]) -> Keys:
    secret = infra.site.credentials.get
    return Keys(
        bureaus={code: secret(f"key-bureau-{code}") for code in bureaus},
        adapters={_ADAPTER: secret(f"key-adapter-{_ADAPTER}")},
        operator=secret(f"key-{_OPERATOR}"),
    )


async def _store(infra: Infrastructure, keys: Keys) -> str:
    named: list[tuple[str, Scope, str]] = [
        *((name, "adapter", key) for name, key in keys.adapters.items()),
        *((code, "bureau", key) for code, key in keys.bureaus.items()),
        (_OPERATOR, "operator", keys.operator),
    ]
    for schema in _KEY_READERS:
        await store_keys(infra.admin_dsn, schema, named)
    return f"keys: {len(named)}"
