"""One key that hands in too much, by any way in, is refused at once; another one is not."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import aiohttp
import pytest

from shared.runtime.http.api_keys import store_keys
from tests.integration.intake.conftest import Running
from tests.integration.intake.ways import WAYS, Way
from tests.support.databases import Database
from tests.support.intake.http_client import Response, post
from tests.support.intake.media import upload
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

CALLS = 60
NOT_YET = {429, 503}


async def _upload(client: aiohttp.ClientSession, _: str, key: str) -> Response:
    return await upload(client, b"no picture", key)


FLOODED: Mapping[str, Way] = {**WAYS, "picture": _upload}


@pytest.mark.parametrize("name", FLOODED)
async def test_each_way_refuses_a_flood_of_one_key_and_serves_another(
    running: Running, database: Database, name: str
) -> None:
    way, served = FLOODED[name], {415} if name == "picture" else {200, 201}
    await store_keys(
        database.admin_dsn, "intake", [("flood", "adapter", "one"), ("calm", "adapter", "other")]
    )
    async with running(key_per_second=2) as client:
        number = (await post(client)).json["tracking_number"]
        flood = await asyncio.gather(*(way(client, number, key="one") for _ in range(CALLS)))

        async def answered() -> Response | None:
            response = await way(client, number, key="other")
            return None if response.status == 503 else response

        other = await eventually(answered)  # a busy machine may miss the deadline

    statuses = Counter(response.status for response in flood)
    assert statuses[429] > CALLS / 2, statuses
    assert set(statuses) <= NOT_YET | served, statuses
    refused = [response for response in flood if response.status == 429]
    assert {response.headers["Retry-After"] for response in refused} == {"1"}
    assert all(b"Call again in a second" in response.body for response in refused)
    assert other
    assert other.status in served
