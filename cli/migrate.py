"""``route311 migrate``: apply the schema migrations; a deployment runs it before the services."""

import asyncio

from rich.console import Console

from cli.connection import DEFAULT_DATA, DataOption, find_admin_dsn
from shared.runtime.secret_files import secret_from_environment


def migrate(data: DataOption = DEFAULT_DATA) -> None:
    """Bring roles, schemas and tables to the version of this code; safe to repeat.

    The database is that of ROUTE311_ADMIN_DSN, else of the running router. Where the variable
    <SERVICE>_POSTGRES_PASSWORD or <SERVICE>_POSTGRES_PASSWORD_FILE is set, the service's role gets
    that password.
    """
    from shared.runtime import migrate as migrations  # noqa: PLC0415 - slow to load

    console = Console(highlight=False)
    admin_dsn = find_admin_dsn(data)
    steps = asyncio.run(migrations.migrate(admin_dsn))
    passwords = {
        service: password
        for service in migrations.SERVICES
        if (password := secret_from_environment(f"{service.upper()}_POSTGRES_PASSWORD"))
    }
    asyncio.run(migrations.set_passwords(admin_dsn, passwords))
    for step in steps:
        console.print(f"applied {step}")
    console.print(f"{len(steps)} steps applied" if steps else "nothing to do")
