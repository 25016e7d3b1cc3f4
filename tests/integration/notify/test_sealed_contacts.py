"""Contacts in notify's tables: sealed with a key per person, and gone with it."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from services.notify.handlers import on_messages
from services.notify.store.contacts import _UNSEALED_SQL, ContactKeys
from services.notify.store.resident_links import case_reporters
from services.notify.workers import UnsealedContacts
from shared.contract.events import ContactErased, Event, new_id
from shared.runtime.postgres import Pool, transaction
from tests.integration.notify.conftest import RunNotify
from tests.integration.notify.stores import PostgresStores, add, claim, save, triggers
from tests.integration.notify.test_concurrency import handle
from tests.integration.notify.test_notify import report
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import (
    CONTACT_KEY,
    POLICY,
    SEALER,
    delivery,
    messages,
    opened,
    triaged,
)
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

ANA = {"email": "ana@example.org", "phone": "+15035550164", "name": "Ana Quetzal"}
WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
COUNT_KEYS = "SELECT count(*) FROM contact_keys"
SEALED = "SELECT sealed_mailbox, sealed_phone, sealed_name FROM requests WHERE request_id = $1"


@pytest.fixture
def store(pool: Pool) -> PostgresStores:
    return PostgresStores(pool)


def erased(request_id: str) -> ContactErased:
    return ContactErased.of_tombstone(request_id.encode(), NOON)


async def read(pool: Pool, *case_ids: str) -> list[tuple[str | None, str | None, str | None]]:
    async with pool.acquire() as db:
        found = [one for case in case_ids for one in await case_reporters(db, case, SEALER)]
    return [(one.email, one.phone, one.name) for one in found]


async def reported(store: PostgresStores, **contact: str) -> tuple[str, str]:
    """Return the id of a new request with this contact, and that of its case."""
    r, c = new_id(), new_id()
    await save(store, contact_given(r, **(ANA | contact)), triaged(r, c), opened(r, c))
    return r, c


async def is_waiting_for_lock(pool: Pool) -> bool:
    return bool(await pool.fetchval(WAITING))


async def test_values_are_sealed_each_for_its_own_field_and_request(
    store: PostgresStores, pool: Pool
) -> None:
    (r, c), (_, other) = await reported(store), await reported(store, name="Bea")
    sealed = await pool.fetchrow(SEALED, r)
    ana = (ANA["email"], ANA["phone"], ANA["name"])

    assert sealed
    assert all(value.startswith("sealed:") for value in sealed)
    assert await pool.fetchval(COUNT_KEYS) == 1
    assert await read(pool, c, other) == [ana, (*ana[:2], "Bea")]

    # what is moved to another request or field of the same person opens nowhere
    await pool.execute("UPDATE requests SET sealed_name = $1", sealed["sealed_name"])
    assert await read(pool, c, other) == [ana, (None, None, None)]
    await pool.execute(
        "UPDATE requests SET sealed_phone = sealed_mailbox, sealed_mailbox = sealed_phone"
        " WHERE request_id = $1",
        r,
    )
    assert await read(pool, c) == [(None, None, None)]


async def test_the_key_of_a_person_is_destroyed_with_their_last_contact_and_old_dumps_with_it(
    store: PostgresStores, pool: Pool
) -> None:
    (one, _), (two, case) = await reported(store), await reported(store)
    (bea, beas_case) = await reported(store, email="bea@example.org")
    dumped: Sequence[str | None] = tuple(await pool.fetchrow(SEALED, two) or ())
    person = await pool.fetchval("SELECT person FROM requests WHERE request_id = $1", two)

    await save(store, erased(one))
    assert await pool.fetchval(COUNT_KEYS) == 2
    await save(store, erased(two))
    assert await pool.fetchval(COUNT_KEYS) == 1

    await save(store, contact_given(new_id(), **ANA))  # a key of hers again, but another one
    await pool.execute(
        "UPDATE requests SET person = $2, sealed_mailbox = $3, sealed_phone = $4, sealed_name = $5"
        " WHERE request_id = $1",
        *(two, person, *dumped),
    )
    assert await read(pool, case) == [(None, None, None)]
    assert [email for email, _, _ in await read(pool, beas_case)] == ["bea@example.org"]
    assert bea


async def test_a_contact_whose_key_is_gone_is_named_by_its_request(
    store: PostgresStores, pool: Pool
) -> None:
    (lost, _), (kept, _) = await reported(store), await reported(store, email="bea@example.org")
    await pool.execute(
        "DELETE FROM contact_keys USING requests AS r"
        " WHERE r.person = contact_keys.person AND r.request_id = $1",
        lost,
    )

    rows = await pool.fetch("SELECT id, has_key FROM sealed_contacts")
    assert {row["id"]: row["has_key"] for row in rows} == {lost: False, kept: True}


@pytest.mark.parametrize("saved_first", [True, False])
async def test_a_contact_that_comes_while_the_last_one_is_erased_can_be_read(
    store: PostgresStores, pool: Pool, saved_first: bool
) -> None:
    old, _ = await reported(store)
    r, c = new_id(), new_id()
    new: list[Event] = [contact_given(r, **ANA), triaged(r, c), opened(r, c)]
    first, second = (new, [erased(old)]) if saved_first else ([erased(old)], new)

    async with store.notifications() as notifications:
        await on_messages(messages(first), notifications, POLICY, NOON)
        waiting = asyncio.create_task(handle(pool, *second))
        await eventually(lambda: is_waiting_for_lock(pool))
    await waiting

    assert await read(pool, c) == [(ANA["email"], ANA["phone"], ANA["name"])]


async def test_a_message_whose_contact_cannot_be_read_is_told_apart_and_others_go_on(
    store: PostgresStores, pool: Pool
) -> None:
    for email in ("ana@example.org", "bea@example.org"):
        r, c = await reported(store, email=email)
        person = await pool.fetchval("SELECT person FROM requests WHERE request_id = $1", r)
        (trigger,) = await triggers(store, [c], [r])
        await add(store, delivery(person=person, request_id=r, trigger=trigger))
        if email.startswith("ana"):
            await pool.execute("DELETE FROM contact_keys WHERE person = $1", person)

    claimed = await claim(store.deliveries)

    assert sorted((one.is_readable, one.address or "") for one in claimed) == [
        (False, ""),
        (True, "bea@example.org"),
    ]
    assert {one.data.name for one in claimed} == {None, ANA["name"]}


async def test_contacts_from_before_are_read_and_sealed_once(
    store: PostgresStores, pool: Pool
) -> None:
    r, c = await reported(store)
    await pool.execute("DELETE FROM contact_keys")
    await pool.execute(
        "UPDATE requests SET sealed_mailbox = $1, sealed_phone = NULL, sealed_name = $2",
        *(ANA["email"], ANA["name"]),
    )
    before = await read(pool, c)
    await UnsealedContacts(pool, ContactKeys([CONTACT_KEY])).seal()
    sealed = await pool.fetchrow(SEALED, r)
    await UnsealedContacts(pool, ContactKeys([CONTACT_KEY])).seal()

    assert sealed
    assert [value and value[:7] for value in sealed] == ["sealed:", None, "sealed:"]
    assert await pool.fetchrow(SEALED, r) == sealed
    assert before == await read(pool, c) == [(ANA["email"], None, ANA["name"])]


async def test_contacts_from_before_are_looked_for_in_an_index_of_them_alone(pool: Pool) -> None:
    async with transaction(pool) as db:
        await db.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")  # is empty
        plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {_UNSEALED_SQL}", 200))

    assert "requests_unsealed" in plan
    assert "Sort" not in plan


async def test_with_another_key_nothing_is_saved_or_sent_and_with_the_right_one_nothing_is_lost(
    store: PostgresStores, pool: Pool, running: RunNotify, topic_log: TopicLog, mail: MailServer
) -> None:
    r, c = await reported(store)
    [(person, wrapped)] = await pool.fetch("SELECT person, wrapped FROM contact_keys")
    (trigger,) = await triggers(store, [c], [r])
    await add(store, delivery(person=person, request_id=r, trigger=trigger))
    other = ContactKeys([b"another key of sixteen bytes"]).sealer.new_wrapped_key(person)
    await pool.execute("UPDATE contact_keys SET wrapped = $1", other)

    async def paused() -> bool:
        waits = [one["event"] for one in logs if one.get("code") == "wrong_contact_key"]
        return "database_unavailable" in waits and waits.count("batch_retried") > 3

    async def mailed() -> bool:
        return {to for to, _ in mail.mails} == {"ana@example.org", "bea@example.org"}

    with capture_logs() as logs:
        async with running():
            await topic_log.publish(*report("bea@example.org"))
            await eventually(paused)
            saved = await pool.fetchval("SELECT count(*) FROM requests")
            state = await pool.fetchrow("SELECT state, deferrals FROM deliveries")
            await pool.execute("UPDATE contact_keys SET wrapped = $1", wrapped)
            await eventually(mailed)

    assert (saved, tuple(state or ())) == (1, ("pending", 0))
