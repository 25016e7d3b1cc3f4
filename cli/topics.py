"""``route311 topics``: topics, access rules and users of Kafka; the first step of a deployment."""

import asyncio
import secrets
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.connection import DEFAULT_DATA, DataOption, find_adapters, find_kafka, find_partitions
from shared.runtime.secret_files import secret_from_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.contract.topic import Topic
    from shared.runtime.kafka.acls import AccessChanges

topics = typer.Typer()

_PASSWORD_BYTES = 32
_SHOWN = 20

ReplicationOption = Annotated[int, typer.Option(min=1, help="Copies of each new topic.")]
AccessOption = Annotated[
    bool, typer.Option("--acls", help="Write the access rules of all principals, too.")
]
PrincipalArgument = Annotated[
    str,
    typer.Argument(
        help="A service, `bureau-<code>`, adapters, `adapter-<name>`, operator or "
        "`operator-<name>`."
    ),
]


@topics.command()
def apply(
    data: DataOption = DEFAULT_DATA, replication: ReplicationOption = 1, acls: AccessOption = False
) -> None:
    """Create missing topics and update changed ones; never delete or shrink one; idempotent.

    The broker is that of ROUTE311_KAFKA_BOOTSTRAP, else of the running router. With --acls, rules
    of the router's principals that the registry lacks are removed, and those of others kept; a
    service gets the password in `<SERVICE>_KAFKA_PASSWORD` or `<SERVICE>_KAFKA_PASSWORD_FILE`, if
    set.

    Main topics get at least the partitions of ROUTE311_PARTITIONS: with more, keys move to others.

    Example: `route311 topics apply --acls`
    """
    from shared.runtime.kafka.topics import apply_topics  # noqa: PLC0415 - slow to load

    console = Console(highlight=False)
    access, wanted = find_kafka(data), _registry()
    applying = apply_topics(access, wanted, replication=replication, partitions=find_partitions())
    changes = asyncio.run(applying)
    for change in changes:
        console.print(f"{change.change.replace('_', ' '):<17} {change.topic}  {change.detail}")
    console.print(f"{len(wanted)} topics in the registry, {len(changes)} changes")
    if acls:
        from shared.runtime.kafka.acls import apply_access  # noqa: PLC0415 - slow
        from shared.runtime.kafka.users import set_user_passwords  # noqa: PLC0415 - slow

        passwords = _passwords()
        if passwords:
            asyncio.run(set_user_passwords(access, passwords))
        console.print(f"{len(passwords)} passwords of services set")
        _show(asyncio.run(apply_access(access, wanted)), console)


@topics.command()
def user(principal: PrincipalArgument, data: DataOption = DEFAULT_DATA) -> None:
    """Give a principal a new password, print it once, and write its access rules.

    The broker keeps a hash (SCRAM-SHA-512). The old password ends at once; open connections stay.

    Example: `route311 topics user bureau-water`
    """
    from shared.contract.grants import is_operator, principals  # noqa: PLC0415 - slow to load
    from shared.runtime.kafka.acls import apply_access  # noqa: PLC0415 - as above
    from shared.runtime.kafka.users import set_user_passwords  # noqa: PLC0415 - as above

    wanted = _registry()
    if not is_operator(principal) and principal not in (known := principals(wanted)):
        raise typer.BadParameter(f"no such principal; known are {', '.join(sorted(known))}")
    access, password = find_kafka(data), secrets.token_urlsafe(_PASSWORD_BYTES)
    operators = [principal] if is_operator(principal) else []
    asyncio.run(set_user_passwords(access, {principal: password}))
    asyncio.run(apply_access(access, wanted, operators))
    typer.echo(password)


def _passwords() -> dict[str, str]:
    from shared.contract.grants import SERVICES  # noqa: PLC0415 - slow to load

    variables = {name: f"{name.upper().replace('-', '_')}_KAFKA_PASSWORD" for name in SERVICES}
    found = {name: secret_from_environment(variable) for name, variable in variables.items()}
    return {name: password for name, password in found.items() if password}


def _registry() -> "Sequence[Topic]":
    from shared.catalogue import load_catalogue  # noqa: PLC0415 - slow to load
    from shared.contract.topics import all_topics  # noqa: PLC0415 - slow to load

    return all_topics(load_catalogue().bureau_codes, find_adapters())


def _show(changes: "AccessChanges", console: Console) -> None:
    for change, rules in (
        ("rule added", changes.added),
        ("rule removed", changes.removed),
        ("rule of others", changes.kept),
    ):
        for rule in rules[:_SHOWN]:
            console.print(f"{change:<17} {rule}")
        if len(rules) > _SHOWN:
            console.print(f"{'':<17} and {len(rules) - _SHOWN:,} more")
    console.print(
        f"access rules: {len(changes.added)} added, {len(changes.removed)} removed, "
        f"{len(changes.kept)} of others kept"
    )
