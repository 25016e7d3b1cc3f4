"""``route311 migrate``: apply the schema migrations; a deployment runs it before the services."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from cli.connection import DEFAULT_DATA, DataOption, find_admin_dsn
from shared.errors import Route311Error
from shared.runtime.secret_files import secret_from_environment

if TYPE_CHECKING:
    from shared.runtime.http.api_keys import Scope

# Environment variables of keys, with the name and scope that each is stored for.
_CONSOLES_KEYS: "Sequence[tuple[str, str, Scope]]" = (
    ("CONSOLE_KEY", "console", "operator"),
    ("CONSOLE_DESK_KEY", "desk", "adapter"),
)


class WeakPasswordError(Route311Error):
    """A password of a database role is too short."""

    code = "weak_password"


def migrate(data: DataOption = DEFAULT_DATA) -> None:
    """Update roles, schemas and tables to this version; idempotent.

    The database is that of ROUTE311_ADMIN_DSN, else of the running router. A service's role gets
    the password in `<SERVICE>_POSTGRES_PASSWORD` or `<SERVICE>_POSTGRES_PASSWORD_FILE`, if set; the
    role of read-only commands that in OPERATIONS_POSTGRES_PASSWORD. The key in CONSOLE_KEY, if set,
    becomes the console's key of an operator, and that in CONSOLE_DESK_KEY the adapter `desk`'s.

    Example: `route311 migrate`
    """
    from shared.runtime import migrate as migrations  # noqa: PLC0415 - slow to load

    console = Console(highlight=False)
    admin_dsn = find_admin_dsn(data)
    passwords = _passwords((*migrations.SCHEMAS, migrations.OPERATIONS))
    steps = asyncio.run(migrations.migrate(admin_dsn))
    asyncio.run(migrations.set_passwords(admin_dsn, passwords))
    asyncio.run(_store_keys(admin_dsn))
    for step in steps:
        console.print(f"applied {step}")
    console.print(f"{len(steps)} steps applied" if steps else "nothing to do")


def _passwords(roles: Sequence[str]) -> dict[str, str]:
    """Return the passwords of the environment by service; WeakPasswordError for a short one."""
    from shared.runtime.setting_types import SECRET_TOO_SHORT, is_long_enough  # noqa: PLC0415 - slow to load

    found: dict[str, str] = {}
    for role in roles:
        variable = f"{role.upper()}_POSTGRES_PASSWORD"
        if password := secret_from_environment(variable):
            if not is_long_enough(password):
                raise WeakPasswordError(f"{variable}: {SECRET_TOO_SHORT}")
            found[role] = password
    return found


async def _store_keys(admin_dsn: str) -> None:
    from shared.runtime.http.api_keys import store_keys  # noqa: PLC0415 - slow to load
    from shared.runtime.http.key_store import KEY_SCHEMAS  # noqa: PLC0415 - slow to load

    principals = [
        (name, scope, key)
        for variable, name, scope in _CONSOLES_KEYS
        if (key := secret_from_environment(variable))
    ]
    if principals:
        for schema in KEY_SCHEMAS:
            await store_keys(admin_dsn, schema, principals)
