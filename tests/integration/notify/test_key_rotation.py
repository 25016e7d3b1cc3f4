"""Rotation of NOTIFY_CONTACT_KEY: two live secrets, the command between them, then one secret."""

import asyncio
import json
import signal
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from deploy.local.errors import StackError
from deploy.local.postgres_files import postgres_programs
from services.notify.inbound import collect_updates
from services.notify.rules.recipients import person_hash
from services.notify.rules.signed_links import SignedLinks
from services.notify.store.contacts import (
    ContactKeys,
    RewrapProgress,
    WrongContactKeyError,
    count_keys,
    rewrap_hash_key,
    rewrap_next,
)
from services.notify.store.notifications import PostgresNotificationStore
from services.notify.store.resident_links import case_reporters
from services.notify.workers import UnsealedContacts
from shared.contract.events import new_id
from shared.runtime.postgres import Pool, columns, open_database, transaction
from tests.integration.notify.conftest import StartProcess
from tests.integration.notify.test_notify import report
from tests.integration.test_backup import run as run_program
from tests.support.builders import contact_given
from tests.support.databases import Database
from tests.support.notify.factories import CONTACT_KEY, PUBLIC_URL, opened, triaged
from tests.support.notify.mail_server import MailServer
from tests.support.program import RunningProgram, started
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

OLD, NEW, OTHER = CONTACT_KEY, b"a newer key of sixteen bytes", b"another key of sixteen bytes"
PEOPLE = 1_100
"""More than two batches of the command."""
ADD_KEYS = """
    INSERT INTO contact_keys (person, wrapped, secret_id)
    SELECT *, $3 FROM unnest($1::text[], $2::bytea[])
"""
WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def keys_of(*secrets: bytes) -> ContactKeys:
    return ContactKeys(secrets)


async def report_by(pool: Pool, keys: ContactKeys, email: str) -> str:
    """Save a report with a contact; return its case."""
    r, c = new_id(), new_id()
    async with transaction(pool) as db:
        events = [contact_given(r, email=email), triaged(r, c), opened(r, c)]
        updates = collect_updates(events, await keys.require(db))
        store = PostgresNotificationStore(db, keys.sealer)
        await store.lock(updates.request_ids, updates.broadcast_cases)
        await store.save(updates)
    return c


async def mailboxes(pool: Pool, keys: ContactKeys, cases: Sequence[str]) -> list[str | None]:
    async with pool.acquire() as db:
        return [one.email for case in cases for one in await case_reporters(db, case, keys.sealer)]


async def add_people(pool: Pool, keys: ContactKeys, count: int) -> None:
    people = [f"{number:032x}" for number in range(count)]
    rows = [(person, keys.sealer.new_wrapped_key(person)) for person in people]
    await pool.execute(ADD_KEYS, *columns(rows), keys.sealer.key_ids[0])


async def opened_by(pool: Pool, keys: ContactKeys) -> int:
    rows = await pool.fetch("SELECT person, wrapped FROM contact_keys")
    return sum(1 for row in rows if keys.sealer.unwrap(row["wrapped"], row["person"]))


def start(
    database: Database, *arguments: str, **secrets: bytes
) -> AbstractAsyncContextManager[RunningProgram]:
    """Start the command with these secrets."""
    environment = {name: secret.decode() for name, secret in secrets.items()}
    environment["ROUTE311_ADMIN_DSN"] = database.admin_dsn
    return started("notify", "rewrap", *arguments, env=environment)


async def rewrap(database: Database, *arguments: str, **secrets: bytes) -> tuple[int, str, str]:
    async with start(database, *arguments, **secrets) as running:
        return await running.finished()


BOTH = {"NOTIFY_CONTACT_KEY": NEW, "NOTIFY_CONTACT_KEY_BEFORE": OLD}


async def test_contacts_are_written_and_read_while_the_keys_are_wrapped_anew(pool: Pool) -> None:
    old, both, new = keys_of(OLD), keys_of(NEW, OLD), keys_of(NEW)
    await UnsealedContacts(pool, old).seal()
    emails = [f"{number}@example.org" for number in range(40)]
    cases = [await report_by(pool, old, email) for email in emails]
    await UnsealedContacts(pool, both).seal()

    async def rotate() -> None:
        progress: RewrapProgress | None = RewrapProgress()
        while progress is not None:
            async with transaction(pool) as db:
                progress = await rewrap_next(db, both.sealer, progress, 3)
        async with transaction(pool) as db:
            await rewrap_hash_key(db, both.sealer)

    async def write(first: int) -> list[str]:
        """People who are known and people who are new, in turn."""
        return [
            await report_by(pool, both, email)
            for number in range(first, 20, 2)
            for email in (emails[number], f"new-{number}@example.org")
        ]

    async def read() -> list[list[str | None]]:
        return [await mailboxes(pool, both, cases) for _ in range(10)]

    _, even, odd, seen = await asyncio.gather(rotate(), write(0), write(1), read())

    assert seen == [emails] * 10
    async with pool.acquire() as db:
        counts = await count_keys(db, new.sealer)
    assert (counts.present, counts.older) == (40 + 20 + 1, 0)
    assert None not in await mailboxes(pool, new, [*cases, *even, *odd])
    people = await pool.fetchval("SELECT count(DISTINCT person) FROM requests")
    assert people == 40 + 20


async def test_the_hashes_of_people_outlive_the_secret_that_they_were_made_with(
    pool: Pool, database: Database, topic_log: TopicLog, mail: MailServer, process: StartProcess
) -> None:
    ana = person_hash(OLD, address="ana@example.org", phone=None, request_id="")
    await UnsealedContacts(pool, keys_of(OLD)).seal()
    await report_by(pool, keys_of(OLD), "ana@example.org")
    await pool.execute(
        "INSERT INTO consents (contact, channel, opted_out, reason, at)"
        " VALUES ($1, 'email', true, 'complained', now() + interval '1 day')",
        ana,
    )
    code, out, _ = await rewrap(database, **BOTH)
    assert (code, "NOTIFY_CONTACT_KEY_BEFORE may be removed" in out) == (0, True)

    async def settled() -> Any:
        return await pool.fetchrow(
            "SELECT person, state, reason FROM deliveries WHERE state NOT IN ('pending', 'sending')"
        )

    async with process(NOTIFY_CONTACT_KEY=NEW.decode()):
        await topic_log.publish(*report("ana@example.org"))
        found = await eventually(settled)

    assert tuple(found) == (ana, "suppressed", "complained")
    assert mail.mails == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
async def test_an_interrupted_command_leaves_every_key_readable_and_is_continued(
    pool: Pool, database: Database, by: signal.Signals
) -> None:
    old, both = keys_of(OLD), keys_of(NEW, OLD)
    await UnsealedContacts(pool, old).seal()
    await add_people(pool, old, PEOPLE)

    # The third batch waits for this key.
    async with (
        open_database(database.admin_dsn) as watch,
        open_database(database.admin_dsn, "notify") as other,
        other.transaction(),
    ):
        await other.execute(
            "SELECT FROM contact_keys WHERE person = $1 FOR UPDATE", f"{1_050:032x}"
        )
        async with start(database, **BOTH) as running:
            await eventually(lambda: watch.fetchval(WAITING))
            running.send_signal(by)
            code = await running.wait()
    async with pool.acquire() as db:
        middle = await count_keys(db, both.sealer)

    assert code != 0
    assert (middle.present, middle.older) == (1_000, 101)
    assert await opened_by(pool, both) == PEOPLE
    with pytest.raises(WrongContactKeyError):  # the secret before is removed too early
        async with pool.acquire() as db:
            await keys_of(NEW).require(db)

    code, out, _ = await rewrap(database, "--json", **BOTH)

    assert code == 0
    assert json.loads(out) == {"present": 1_101, "older": 0, "wrapped": 100, "unreadable": 0}
    assert await opened_by(pool, keys_of(NEW)) == PEOPLE


async def test_a_wrong_secret_before_changes_nothing(pool: Pool, database: Database) -> None:
    await UnsealedContacts(pool, keys_of(OLD)).seal()
    await add_people(pool, keys_of(OLD), 3)
    before = await pool.fetch("TABLE contact_keys")

    code, _, err = await rewrap(database, NOTIFY_CONTACT_KEY=NEW, NOTIFY_CONTACT_KEY_BEFORE=OTHER)

    assert (code, "NOTIFY_CONTACT_KEY is not that of the stored" in err) == (1, True)
    assert OTHER.decode() not in err
    assert await pool.fetch("TABLE contact_keys") == before
    for secrets in ((NEW,), (NEW, OTHER), (OTHER, NEW)):
        with pytest.raises(WrongContactKeyError):
            async with pool.acquire() as db:
                await keys_of(*secrets).require(db)


async def test_a_damaged_key_is_counted_and_the_secret_before_is_kept_for_it(
    pool: Pool, database: Database
) -> None:
    await UnsealedContacts(pool, keys_of(OLD)).seal()
    await add_people(pool, keys_of(OLD), 30)
    await pool.execute("UPDATE contact_keys SET wrapped = '\\x00' WHERE person = $1", f"{20:032x}")

    counted = await rewrap(database, "--dry-run", "--json", **BOTH)
    code, out, _ = await rewrap(database, **BOTH)

    assert counted[0] == 1
    assert json.loads(counted[1]) == {"present": 0, "older": 31, "wrapped": 0, "unreadable": 0}
    assert code == 1
    assert "1 of 31 keys are left under the secret before, 1 of them damaged" in out


async def test_keys_of_an_older_version_tell_no_secret_and_are_wrapped_anew(
    pool: Pool, database: Database
) -> None:
    cases = [await report_by(pool, keys_of(OLD), "ana@example.org")]
    await pool.execute("UPDATE contact_keys SET secret_id = NULL")

    code, _, _ = await rewrap(database, **BOTH)

    assert code == 0
    assert await mailboxes(pool, keys_of(NEW), cases) == ["ana@example.org"]
    async with pool.acquire() as db:
        assert await keys_of(NEW).require(db) == OLD  # the hashes of people stay


async def test_a_dump_from_before_the_rotation_opens_with_both_secrets(
    pool: Pool, database: Database, tmp_path: Path
) -> None:
    try:
        programs = postgres_programs(None)
    except StackError as error:
        pytest.skip(f"no pg_dump here: {error}")
    old, dump = keys_of(OLD), tmp_path / "keys.dump"
    await UnsealedContacts(pool, old).seal()
    case = await report_by(pool, old, "ana@example.org")
    tables = ("--table=notify.contact_keys", "--table=notify.hash_key")
    await run_program(programs / "pg_dump", "-Fc", f"--dbname={database.admin_dsn}",
                      "--data-only", *tables, f"--file={dump}")  # fmt: skip
    assert (await rewrap(database, **BOTH))[0] == 0
    await pool.execute("DELETE FROM contact_keys")
    await pool.execute("DELETE FROM hash_key")
    await run_program(programs / "pg_restore", f"--dbname={database.admin_dsn}", str(dump))

    with pytest.raises(WrongContactKeyError):
        async with pool.acquire() as db:
            await keys_of(NEW).require(db)
    both = keys_of(NEW, OLD)
    async with pool.acquire() as db:
        assert await both.require(db) == OLD
    assert await mailboxes(pool, both, [case]) == ["ana@example.org"]
    assert (await rewrap(database, **BOTH))[0] == 0
    assert await mailboxes(pool, keys_of(NEW), [case]) == ["ana@example.org"]


def test_links_of_the_secret_before_open_as_long_as_it_is_set() -> None:
    token = SignedLinks.of([OLD], PUBLIC_URL).url("feedback", "1").rpartition("/")[2]

    assert SignedLinks.of([NEW, OLD], PUBLIC_URL).notification("feedback", token) == "1"
    assert SignedLinks.of([NEW], PUBLIC_URL).notification("feedback", token) is None
