"""``route311 keys``: API keys for callers of the services' HTTP interfaces."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import query
from cli.terminal import parse_duration, print_found, printable, show_table
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import Scope
from shared.runtime.http.key_store import KeyStore, NewKey, StoredKey, name_fault

keys = typer.Typer()

ScopeArgument = Annotated[
    Literal["adapter", "bureau", "operator"], typer.Argument(help="Role of the caller.")
]
NameArgument = Annotated[
    str, typer.Argument(help="The adapter's name, the bureau's code, or the operator's name.")
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the key, from `keys list`.")]
LifetimeOption = Annotated[
    str | None,
    typer.Option("--expires-in", help="Lifetime of the key, such as 90d; unlimited by default."),
]
RotatedLifetimeOption = Annotated[
    str | None,
    typer.Option("--expires-in", help="Lifetime of the new key; that of the old one by default."),
]
GraceOption = Annotated[
    str, typer.Option("--grace", help="Time for which the old key is still accepted: 0s, 6h, 7d.")
]


@keys.command()
def add(
    scope: ScopeArgument,
    name: NameArgument,
    expires_in: LifetimeOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Make a key and print it; it is stored as a hash and cannot be shown again.

    The database is that of ROUTE311_ADMIN_DSN, else of the running router.

    Example: `route311 keys add operator kim --expires-in 90d`
    """
    _refuse_misleading(scope, name)
    expires_at = utc_now() + parse_duration(expires_in) if expires_in else None
    dsn = find_admin_dsn(data)
    new = query(dsn, None, lambda db: KeyStore(db).add(scope, name, expires_at))
    ends = expires_at.isoformat() if expires_at else None
    audit.record("key_added", data, key=new.key_id, scope=scope, name=name, expires_at=ends)
    _print_new(new, json_output=json_output)


@keys.command("list")
def list_keys(data: DataOption = DEFAULT_DATA, json_output: JsonOption = False) -> None:
    """List the keys with id, owner, age, last use and expiry; never a key itself.

    Example: `route311 keys list`
    """
    found, now = query(find_admin_dsn(data), None, lambda db: KeyStore(db).keys()), utc_now()
    listed = {"keys": [_as_json(key, now) for key in found]}
    print_found(listed, partial(_show, found, now), as_json=json_output)


@keys.command()
def revoke(key_id: IdArgument, data: DataOption = DEFAULT_DATA) -> None:
    """Revoke a key; services refuse it within 10 seconds.

    Example: `route311 keys revoke ID`
    """
    key = query(find_admin_dsn(data), None, lambda db: KeyStore(db).revoke(key_id, utc_now()))
    audit.record("key_revoked", data, key=key.key_id, scope=key.scope, name=key.name)
    typer.echo(f"revoked: {key.key_id}, {key.scope} {printable(key.name)}; refused within 10 s")


@keys.command()
def rotate(
    key_id: IdArgument,
    grace: GraceOption = "7d",
    expires_in: RotatedLifetimeOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Replace a key by a new one and print it; the old one is still accepted for --grace.

    Example: `route311 keys rotate ID --grace 7d`
    """
    lasts = parse_duration(grace)
    lifetime = parse_duration(expires_in) if expires_in else None
    old, new = query(
        find_admin_dsn(data),
        None,
        lambda db: KeyStore(db).rotate(key_id, utc_now(), lasts, lifetime),
    )
    audit.record(
        "key_rotated",
        data,
        key=new.key_id,
        replaces=old.key_id,
        scope=old.scope,
        name=old.name,
        grace_s=lasts.total_seconds(),
    )
    _print_new(new, json_output=json_output)


def _refuse_misleading(scope: Scope, name: str) -> None:
    """Refuse an unknown bureau, and an adapter with the name of another party."""
    fault = name_fault(scope, name, load_catalogue().bureau_codes)
    if fault == "unknown_bureau":
        raise typer.BadParameter(
            f"no city has a bureau called {printable(name)}: write a code of the catalogue"
        )
    if fault == "taken_name":
        raise typer.BadParameter(
            f"{printable(name)} is the name of a channel or bureau: give the adapter another"
        )


def _print_new(new: NewKey, *, json_output: bool) -> None:
    answer = {"key": new.key, "id": new.key_id, "expires_at": new.expires_at}
    print_found(answer, new.key, as_json=json_output)


def _as_json(key: StoredKey, now: datetime) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "scope": key.scope,
        "name": key.name,
        "state": key.state(now),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "services": list(key.schemas),
    }


def _show(found: Sequence[StoredKey], now: datetime, console: Console) -> None:
    rows = [
        (
            key.key_id,
            key.scope,
            key.name,
            _length(now - key.created_at) if key.created_at else "unknown",
            f"{_length(now - key.last_used_at)} ago" if key.last_used_at else "never",
            key.state(now),
            f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never",
        )
        for key in found
    ]
    headings = ("id", "scope", "name", "age", "last used", "state", "ends")
    show_table(console, headings, rows, "no keys")


def _length(time: timedelta) -> str:
    if time >= timedelta(days=1):
        return f"{time.days} d"
    return f"{int(time.total_seconds() // 3600)} h"
