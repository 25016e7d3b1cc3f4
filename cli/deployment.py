"""``route311 migrate`` and ``route311 topics``: what a deployment runs before the services."""

import asyncio
import os
from typing import Annotated

import typer
from rich.console import Console

from cli.connection import DataOption, find_admin_dsn, find_kafka
from cli.stack import DEFAULT_DATA

topics = typer.Typer(help="Make Kafka's topics what the registry says.", no_args_is_help=True)
_console = Console(highlight=False)

ReplicationOption = Annotated[int, typer.Option(min=1, help="Copies of each new topic.")]


def migrate(data: DataOption = DEFAULT_DATA) -> None:
    """Bring roles, schemas and tables to the version of this code; safe to repeat.

    The database is that of ROUTE311_ADMIN_DSN, else of the running router. Where the variable
    <SERVICE>_POSTGRES_PASSWORD is set, the service's role gets that password.
    """
    from shared.runtime import migrate as migrating  # noqa: PLC0415 - slow to load

    admin_dsn = find_admin_dsn(data)
    steps = asyncio.run(migrating.migrate(admin_dsn))
    passwords = {
        service: password
        for service in migrating.SERVICES
        if (password := os.environ.get(f"{service.upper()}_POSTGRES_PASSWORD"))
    }
    asyncio.run(migrating.set_passwords(admin_dsn, passwords))
    for step in steps:
        _console.print(f"applied {step}")
    _console.print(f"{len(steps)} steps applied" if steps else "nothing to do")


@topics.command()
def apply(data: DataOption = DEFAULT_DATA, replication: ReplicationOption = 1) -> None:
    """Create what is missing and mend what differs; never delete, never shrink; safe to repeat.

    The broker is that of ROUTE311_KAFKA_BOOTSTRAP, else of the running router.
    """
    from shared.catalogue import load_catalogue  # noqa: PLC0415 - slow to load
    from shared.contract.topics import all_topics  # noqa: PLC0415 - slow to load
    from shared.runtime.kafka import apply_topics  # noqa: PLC0415 - slow to load

    wanted = all_topics(load_catalogue().bureau_codes)
    changes = asyncio.run(apply_topics(find_kafka(data), wanted, replication=replication))
    for change in changes:
        _console.print(f"{change.change.replace('_', ' '):<17} {change.topic}  {change.detail}")
    _console.print(f"{len(wanted)} topics in the registry, {len(changes)} changes")
