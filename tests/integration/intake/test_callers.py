"""Callers that mean harm beside one that does not, on a whole intake."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic

import aiohttp
import pytest

from shared.runtime.http.api_keys import store_keys
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import get, post
from tests.support.locks import locked

pytestmark = pytest.mark.integration

OTHER = "key of the adapter called other"
HEAD = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
ATTACKS = {
    "idle": b"",
    "half a head": HEAD + b"X-Half: ",
    "no body": HEAD + b"Content-Length: 1000\r\n\r\n",
    "a false key": HEAD + b"Authorization: Bearer false\r\nContent-Length: 2\r\n\r\n{}",
}
ATTACKERS = 500
CALLS = 100


@asynccontextmanager
async def attackers(client: aiohttp.ClientSession, sent: bytes) -> AsyncGenerator[None]:
    """Keep many connections that each sent the same bytes."""
    base = client._base_url  # noqa: SLF001 - the port is known to the client alone
    assert base
    writers = []
    for _ in range(ATTACKERS):
        _, writer = await asyncio.open_connection(base.host, base.port)
        writer.write(sent)
        writers.append(writer)
    yield
    for writer in writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("attack", ATTACKS)
async def test_beside_many_strangers_an_adapter_is_answered_as_ever(
    running: Running, attack: str
) -> None:
    async with running(address_per_second=20) as client:
        assert (await post(client)).status == 201
        async with attackers(client, ATTACKS[attack]):
            for _ in range(CALLS):
                assert (await post(client)).status == 201


async def test_one_key_in_a_flood_gets_429_and_another_key_is_answered_as_ever(
    running: Running, database: Database
) -> None:
    await store_keys(database.admin_dsn, "intake", [("other", "adapter", OTHER)])
    async with running(key_per_second=20) as client:
        began = monotonic()
        flood = await asyncio.gather(*(post(client) for _ in range(200)))
        took_s = monotonic() - began
        other = [await post(client, headers={"Authorization": f"Bearer {OTHER}"}) for _ in range(5)]
        refused = next(response for response in flood if response.status == 429)

    statuses = Counter(response.status for response in flood)
    assert set(statuses) == {201, 429}
    assert statuses[201] <= 20 * (1 + took_s) + 1
    assert (refused.json["code"], refused.headers["Retry-After"]) == ("over_rate", "1")
    assert {response.status for response in other} == {201}


async def test_while_the_database_stands_still_one_key_holds_its_share_of_the_places(
    running: Running, database: Database
) -> None:
    await store_keys(database.admin_dsn, "intake", [("other", "adapter", OTHER)])
    other_key = {"Authorization": f"Bearer {OTHER}"}
    async with running(accepts_per_second=1_000, key_per_second=5) as client:
        assert {(await post(client)).status, (await post(client, headers=other_key)).status} == {
            201
        }
        async with locked(database, "intake.submissions"):
            *flood, other = await asyncio.gather(
                *(post(client) for _ in range(4)), post(client, headers=other_key)
            )
        after = await post(client, headers=other_key)

    statuses = Counter(response.status for response in flood)
    assert set(statuses) == {429, 503}
    assert statuses[503] <= 2, "its share of 400 places, of which a slow database leaves 300"
    refused = next(response for response in flood if response.status == 429)
    assert "concurrent calls" in refused.json["detail"]
    assert "Idempotency-Key" in other.json["detail"], "it was let in, and the database was late"
    assert after.status == 201


async def test_whoever_tries_numbers_is_refused(running: Running) -> None:
    async with running(address_per_second=2) as client:
        statuses = [(await get(client, f"/v1/requests/26-AAAA-A{n}")).status for n in range(30)]

    assert statuses[:10] == [404] * 10
    assert 429 in statuses
