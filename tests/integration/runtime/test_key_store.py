"""API keys in the database: their ends, their last use, and their rotation."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import asyncpg
import pytest

from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import Principal, authenticate, hash_key, store_keys
from shared.runtime.http.key_store import KeyStore, NoSuchKeyError
from shared.runtime.postgres import Pool, open_database, open_pool
from tests.support.databases import Database

pytestmark = pytest.mark.integration

DEMO = Principal("demo", "adapter")
HOUR = timedelta(hours=1)


@pytest.fixture
async def store(database: Database) -> AsyncGenerator[KeyStore]:
    async with open_database(database.admin_dsn) as db:
        yield KeyStore(db)


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("intake")) as pool:
        yield pool


async def principal(pool: Pool, key: str) -> Principal | None:
    return await authenticate(pool, f"Bearer {key}")


async def test_a_key_is_stored_as_a_hash_and_accepted(store: KeyStore, pool: Pool) -> None:
    new = await store.add("adapter", "demo", None)

    assert await principal(pool, new.key) == DEMO
    [stored] = await store.keys()
    assert (stored.key_id, stored.state(utc_now())) == (new.key_id, "valid")
    assert stored.key_hash == hash_key(new.key)
    assert new.key not in repr(stored)


async def test_a_revoked_key_is_refused(store: KeyStore, pool: Pool) -> None:
    new = await store.add("adapter", "demo", None)
    await store.revoke(new.key_id, utc_now())

    assert await principal(pool, new.key) is None
    assert [key.state(utc_now()) for key in await store.keys()] == ["revoked"]
    with pytest.raises(NoSuchKeyError, match="revoked before"):
        await store.revoke(new.key_id, utc_now())
    with pytest.raises(NoSuchKeyError, match="keys list"):
        await store.revoke("00000000", utc_now())


async def test_a_key_ends_when_it_was_made_to(store: KeyStore, pool: Pool) -> None:
    ended = await store.add("adapter", "demo", utc_now() - HOUR)
    lasting = await store.add("adapter", "demo", utc_now() + HOUR)

    assert await principal(pool, ended.key) is None
    assert await principal(pool, lasting.key) == DEMO


async def test_both_keys_are_accepted_while_a_rotation_lasts(store: KeyStore, pool: Pool) -> None:
    old = await store.add("adapter", "demo", utc_now() + 90 * 24 * HOUR)
    now = utc_now()

    before, new = await store.rotate(old.key_id, now, HOUR, None)

    assert before.key_id == old.key_id
    assert [await principal(pool, key) for key in (old.key, new.key)] == [DEMO, DEMO]
    ends = {key.key_id: key.expires_at for key in await store.keys()}
    assert ends[old.key_id] == now + HOUR
    assert ends[new.key_id] == new.expires_at
    assert new.expires_at is not None
    assert abs(new.expires_at - now - 90 * 24 * HOUR) < timedelta(seconds=10)

    await store.rotate(new.key_id, utc_now(), timedelta(0), None)
    assert await principal(pool, new.key) is None
    with pytest.raises(NoSuchKeyError, match="expired"):
        await store.rotate(new.key_id, utc_now(), HOUR, None)


async def test_a_key_of_two_services_is_listed_once_and_revoked_in_both(
    store: KeyStore, database: Database, pool: Pool
) -> None:
    for schema in ("intake", "dispatch"):
        await store_keys(database.admin_dsn, schema, [("operator", "operator", "a key of both")])
    await principal(pool, "a key of both")

    [key] = await store.keys()
    assert key.schemas == ("intake", "dispatch")
    assert key.last_used_at is not None

    await store.revoke(key.key_id, utc_now())
    async with open_pool(database.dsn("dispatch")) as other:
        assert await principal(other, "a key of both") is None
    assert await principal(pool, "a key of both") is None


async def test_the_last_use_is_written_once_an_hour(
    store: KeyStore, database: Database, pool: Pool
) -> None:
    new = await store.add("adapter", "demo", None)
    await principal(pool, new.key)
    [first] = await store.keys()
    await principal(pool, new.key)
    [second] = await store.keys()
    assert first.last_used_at is not None
    assert second.last_used_at == first.last_used_at

    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '61 minutes'")
    await principal(pool, new.key)
    [third] = await store.keys()
    assert third.last_used_at is not None
    assert third.last_used_at > first.last_used_at

    await pool.execute("UPDATE api_keys SET last_used_at = NULL")
    blocker = await asyncpg.connect(database.admin_dsn)
    async with blocker.transaction():
        await blocker.execute("SELECT FROM intake.api_keys FOR UPDATE")
        assert await principal(pool, new.key) == DEMO
    await blocker.close()
