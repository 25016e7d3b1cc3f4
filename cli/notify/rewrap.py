"""``route311 notify rewrap``: second step of the rotation of ``NOTIFY_CONTACT_KEY``."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn, find_contact_keys
from cli.interrupts import run
from cli.terminal import print_found
from services.notify.store import contacts
from shared.runtime.postgres import Database, open_database

# Keys of a transaction: some 20 ms of work, during which their people's contacts wait.
_BATCH = 500

DryOption = Annotated[bool, typer.Option("--dry-run", help="Only count the keys by their secret.")]


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """Counts after a run, the number of rewrapped keys, and of those that neither secret opens."""

    counts: contacts.KeyCounts
    wrapped: int = 0
    unreadable: int = 0


def rewrap(
    dry_run: DryOption = False, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Wrap every person's key with NOTIFY_CONTACT_KEY that NOTIFY_CONTACT_KEY_BEFORE wraps.

    Notify may run meanwhile. An interrupted run is continued by the next one. Exit code 1 while
    keys are left under the secret before.

    Example: `route311 notify rewrap --dry-run`
    """
    console = Console(stderr=True, quiet=json_output, highlight=False)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("wrapping", total=None)
        done = run(
            _count(data)
            if dry_run
            else _rewrap(data, lambda so_far, all_: bar.update(task, completed=so_far, total=all_))
        )
    answer = asdict(done.counts) | {"wrapped": done.wrapped, "unreadable": done.unreadable}
    print_found(answer, _sentence(done), as_json=json_output)
    if done.counts.older:
        raise typer.Exit(1)


async def _count(data: Path) -> Rewrapped:
    keys = contacts.ContactKeys(find_contact_keys(data))
    async with open_database(find_admin_dsn(data), "notify") as db:
        return Rewrapped(await contacts.count_keys(db, keys.sealer))


async def _rewrap(data: Path, report: Callable[[int, int], None]) -> Rewrapped:
    keys = contacts.ContactKeys(find_contact_keys(data))
    async with open_database(find_admin_dsn(data), "notify") as db:
        async with db.transaction():
            await keys.keep_hash_key(db)
        before = await contacts.count_keys(db, keys.sealer)
        done = await _rewrap_people(
            db, keys, lambda progress: report(progress.wrapped, before.older)
        )
        async with db.transaction():
            await contacts.rewrap_hash_key(db, keys.sealer)
        counts = await contacts.count_keys(db, keys.sealer)
    audit.record("contact_keys_rewrapped", data, keys=done.wrapped, left=counts.older)
    return Rewrapped(counts, done.wrapped, done.unreadable)


async def _rewrap_people(
    db: Database, keys: contacts.ContactKeys, report: Callable[[contacts.RewrapProgress], None]
) -> contacts.RewrapProgress:
    done, after = contacts.RewrapProgress(), await _next(db, keys, contacts.RewrapProgress())
    while after is not None:
        report(done := after)
        after = await _next(db, keys, done)
    return done


async def _next(
    db: Database, keys: contacts.ContactKeys, done: contacts.RewrapProgress
) -> contacts.RewrapProgress | None:
    async with db.transaction():
        return await contacts.rewrap_next(db, keys.sealer, done, _BATCH)


def _sentence(done: Rewrapped) -> str:
    if not done.counts.older:
        return (
            f"all {done.counts.present:,} keys are under NOTIFY_CONTACT_KEY; "
            "NOTIFY_CONTACT_KEY_BEFORE may be removed, which ends the links in e-mails of its time"
        )
    damaged = f", {done.unreadable:,} of them damaged" if done.unreadable else ""
    return (
        f"{done.counts.older:,} of {done.counts.present + done.counts.older:,} keys are left under "
        f"the secret before{damaged}; keep NOTIFY_CONTACT_KEY_BEFORE and run this again"
    )
