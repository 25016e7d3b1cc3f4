"""Keys at intake's door: how long a revoked one is accepted, and what failures leave behind."""

from functools import partial

import pytest
from structlog.testing import capture_logs

from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import TTL_S, ApiKeyCache, authenticate
from shared.runtime.http.key_store import KeyStore
from shared.runtime.ops.audit import RefusalLog
from shared.runtime.postgres import open_database, open_pool
from tests.integration.intake.conftest import BUREAU, Running
from tests.support.databases import Database
from tests.support.intake.http_client import post

pytestmark = pytest.mark.integration


async def test_a_revoked_key_is_refused_within_ten_seconds(database: Database) -> None:
    now_s = 0.0
    async with (
        open_database(database.admin_dsn) as db,
        open_pool(database.dsn("intake")) as pool,
    ):
        store = KeyStore(db)
        cache = ApiKeyCache(partial(authenticate, pool), clock=lambda: now_s)
        new = await store.add("adapter", "demo", None)
        assert await cache.principal(f"Bearer {new.key}")

        await store.revoke(new.key_id, utc_now())
        now_s = TTL_S

        assert TTL_S <= 10
        assert await cache.principal(f"Bearer {new.key}") is None


async def test_a_wrong_key_is_noted_and_never_shown(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.ops.audit._failures", RefusalLog())
    async with running() as client:
        with capture_logs() as lines:
            unknown = await post(client, headers={"Authorization": "Bearer canary-of-a-key"})
            scope = await post(client, headers={"Authorization": f"Bearer {BUREAU}"})

    assert (unknown.status, scope.status) == (401, 403)
    noted = [line for line in lines if line.get("audit")]
    assert [(line["event"], line["address"], line["reason"]) for line in noted] == [
        ("authentication_failed", "127.0.0.1", "unknown_key"),
        ("authentication_failed", "127.0.0.1", "scope_bureau"),
    ]
    assert "canary" not in str(lines)
