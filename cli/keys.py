"""``route311 keys``: who may call over HTTP."""

import asyncio
import secrets
from typing import Annotated, Literal

import typer

from cli.connection import DataOption, find_admin_dsn
from cli.stack import DEFAULT_DATA

keys = typer.Typer(help="Make keys for adapters, bureaus and operators.", no_args_is_help=True)

_BYTES = 32


_ASKED_BY = {"adapter": "intake", "bureau": "dispatch", "operator": "dispatch"}

ScopeArgument = Annotated[
    Literal["adapter", "bureau", "operator"], typer.Argument(help="What the holder may do.")
]
NameArgument = Annotated[
    str, typer.Argument(help="The adapter's name, the bureau's code, or the operator's name.")
]


@keys.command()
def add(scope: ScopeArgument, name: NameArgument, data: DataOption = DEFAULT_DATA) -> None:
    """Make a key and print it; it is stored as a hash and cannot be shown again.

    The database is that of ROUTE311_ADMIN_DSN, else of the running router.
    """
    from shared.runtime.http.api_keys import store_keys  # noqa: PLC0415 - slow to load

    key = secrets.token_urlsafe(_BYTES)
    wanted = [(name, scope, key)]
    asyncio.run(store_keys(find_admin_dsn(data), _ASKED_BY[scope], wanted))
    typer.echo(key)
