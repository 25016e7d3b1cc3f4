"""``route311 keys``: API keys for callers of the services' HTTP interfaces."""

import asyncio
import secrets
from typing import Annotated, Literal

import typer

from cli.connection import DEFAULT_DATA, DataOption, find_admin_dsn

keys = typer.Typer(help="Make keys for adapters, bureaus and operators.", no_args_is_help=True)

_KEY_BYTES = 32
_SERVICE_OF_SCOPE = {"adapter": "intake", "bureau": "dispatch", "operator": "dispatch"}

ScopeArgument = Annotated[
    Literal["adapter", "bureau", "operator"], typer.Argument(help="Role of the caller.")
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

    key = secrets.token_urlsafe(_KEY_BYTES)
    asyncio.run(store_keys(find_admin_dsn(data), _SERVICE_OF_SCOPE[scope], [(name, scope, key)]))
    typer.echo(key)
