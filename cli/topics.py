"""``route311 topics``: create and configure Kafka's topics; a deployment runs it at first."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from cli.connection import DEFAULT_DATA, DataOption, find_kafka

topics = typer.Typer(help="Make Kafka's topics what the registry says.", no_args_is_help=True)

ReplicationOption = Annotated[int, typer.Option(min=1, help="Copies of each new topic.")]


@topics.command()
def apply(data: DataOption = DEFAULT_DATA, replication: ReplicationOption = 1) -> None:
    """Create what is missing and mend what differs; never delete, never shrink; safe to repeat.

    The broker is that of ROUTE311_KAFKA_BOOTSTRAP, else of the running router.
    """
    from shared.catalogue import load_catalogue  # noqa: PLC0415 - slow to load
    from shared.contract.topics import all_topics  # noqa: PLC0415 - slow to load
    from shared.runtime.kafka import apply_topics  # noqa: PLC0415 - slow to load

    console = Console(highlight=False)
    wanted = all_topics(load_catalogue().bureau_codes)
    changes = asyncio.run(apply_topics(find_kafka(data), wanted, replication=replication))
    for change in changes:
        console.print(f"{change.change.replace('_', ' '):<17} {change.topic}  {change.detail}")
    console.print(f"{len(wanted)} topics in the registry, {len(changes)} changes")
