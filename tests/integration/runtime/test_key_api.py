"""API keys over HTTP, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from shared.runtime.http.api_keys import hash_key, store_keys
from shared.runtime.http.authentication import Callers
from shared.runtime.http.key_store import id_of, new_key
from shared.runtime.http.server import serve_http
from shared.runtime.key_api import key_routes
from shared.runtime.postgres import open_pool
from tests.support.databases import Database

pytestmark = pytest.mark.integration

OPERATOR, CONSOLE = "a key of an operator", "the key of the console"
BUREAU = "PBOT-MOD"


class Keys:
    """Calls of the routes; an answer is its status and its JSON."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def list(self, key: str = CONSOLE, role: str = "admin") -> tuple[int, Any]:
        answer: tuple[int, Any] = await self._call("GET", "", key, role)
        return answer

    async def add(self, new: str, key: str = CONSOLE, role: str = "admin", **body: Any) -> Any:
        sent = {"actor": "Kim", "scope": "operator", "name": "lee", "key_hash": hash_key(new)}
        return await self._call("POST", "", key, role, json=sent | body)

    async def revoke(self, key_id: str, key: str = CONSOLE, role: str = "admin") -> Any:
        return await self._call("POST", f"/{key_id}/revoke", key, role, json={"actor": "Kim"})

    async def opens(self, key: str) -> bool:
        return (await self.list(key))[0] == 403  # known, and not the console's

    async def _call(self, method: str, path: str, key: str, role: str, **sent: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Route311-Role": role}
        path = f"/v1/keys/dispatch{path}"
        async with self._session.request(method, path, headers=headers, **sent) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def keys(database: Database) -> AsyncGenerator[Keys]:
    own = [("Olga", "operator", OPERATOR), ("console", "operator", CONSOLE)]
    await store_keys(database.admin_dsn, "dispatch", own)  # type: ignore[arg-type] # literals
    async with open_pool(database.dsn("dispatch")) as pool:
        callers = Callers.of(pool, key_per_second=1_000, address_per_second=1_000, proxies=())
        routes = key_routes(callers, "dispatch", pool, {BUREAU})
        stopping = asyncio.Event()
        async with (
            serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=stopping) as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            yield Keys(session)


async def ready() -> None:
    """Be ready."""


async def test_an_admin_adds_lists_and_revokes_a_key_that_no_answer_tells(keys: Keys) -> None:
    key = new_key()
    with capture_logs() as logs:
        made = await keys.add(key, expires_at="2099-01-01T00:00:00Z")
        again = await keys.add(key, name="somebody else")
        is_open = await keys.opens(key)
        _, listed = await keys.list()
        revoked = [await keys.revoke(made[1]["id"]) for _ in range(2)]
        _, after = await keys.list()

    assert made == again == (201, {"id": id_of(hash_key(key))})
    assert is_open
    [shown] = [one for one in listed["keys"] if one["id"] == made[1]["id"]]
    assert (shown["name"], shown["scope"], shown["state"]) == ("lee", "operator", "valid")
    assert shown["expires_at"] == "2099-01-01T00:00:00Z"
    assert shown["created_at"]
    assert shown["last_used_at"]
    assert revoked == [(200, made[1])] * 2
    assert {one["name"]: one["state"] for one in after["keys"]} == {
        "Olga": "valid",
        "console": "valid",
        "lee": "revoked",
    }
    assert hash_key(key) not in str(listed)
    assert key not in str(logs)
    told = [(one["event"], one["actor"], one["key"]) for one in logs if "actor" in one]
    assert (
        told
        == [("key_added", "Kim", made[1]["id"])] * 2 + [("key_revoked", "Kim", made[1]["id"])] * 2
    )


async def test_nobody_but_the_consoles_admin_reads_or_changes_keys(keys: Keys) -> None:
    _, listed = await keys.list()
    [operators] = [one["id"] for one in listed["keys"] if one["name"] == "Olga"]
    for key, role in ((OPERATOR, "admin"), (CONSOLE, "supervisor"), (CONSOLE, "")):
        for status, answer in (
            await keys.list(key, role),
            await keys.add(new_key(), key, role),
            await keys.revoke(operators, key, role),
        ):
            assert (status, answer["code"]) == (403, "not_admin")
    assert (await keys.list("a key of nobody"))[0] == 401
    _, after = await keys.list()
    states = [[(one["id"], one["state"]) for one in found["keys"]] for found in (listed, after)]
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "console"}, "name"),
        ({"name": " "}, "name"),
        ({"scope": "bureau", "name": "NO-SUCH"}, "name"),
        ({"scope": "adapter", "name": "kiosk"}, "scope"),
        ({"scope": "root"}, "scope"),
        ({"key_hash": "the key itself"}, "key_hash"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"secret": "x"}, "secret"),
    ],
)
async def test_what_makes_no_key_is_refused_by_its_field(
    keys: Keys, body: dict[str, Any], field: str
) -> None:
    _, before = await keys.list()

    status, refused = await keys.add(new_key(), **body)

    assert status == 422
    assert [fault["field"] for fault in refused["errors"]] == [field]
    assert (await keys.list())[1] == before


async def test_the_key_of_a_bureau_is_added_and_the_consoles_own_is_not_revoked(
    keys: Keys,
) -> None:
    assert (await keys.add(new_key(), scope="bureau", name=BUREAU))[0] == 201
    status, refused = await keys.revoke(id_of(hash_key(CONSOLE)))
    assert (status, refused["code"]) == (409, "consoles_key")
    status, refused = await keys.revoke("00000000")
    assert (status, refused["code"]) == (404, "unknown_key")
