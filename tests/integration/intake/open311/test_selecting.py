"""The list of requests, by filters and page by page."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from shared.runtime.clock import utc_now
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import bulk, line
from tests.support.intake.open311_calls import ids, public_id_of, read, stamp

pytestmark = pytest.mark.integration


async def moved(database: Database, number: str, **columns: Any) -> None:
    """Change a listed request, as time would have done."""
    changes = ", ".join(f"{name} = ${at}" for at, name in enumerate(columns, 2))
    async with open_database(database.admin_dsn, "intake") as db:
        await db.execute(
            f"UPDATE listed_requests SET {changes} WHERE request_id = "  # noqa: S608 - names of ours
            "(SELECT request_id FROM requests WHERE public_id = $1)",
            number,
            *columns.values(),
        )


async def test_every_filter_selects(running: Running, database: Database) -> None:
    now = utc_now()
    async with running() as client:
        here = await public_id_of(client)
        sign = await public_id_of(client, service_code="ROW-SIGN", lat="45.6", long="-122.5")
        nowhere = await public_id_of(client, lat="", long="", address_string="5th and Main")
        old = await public_id_of(client)
        await moved(database, old, submitted_at=now - timedelta(days=120))
        await moved(database, sign, submitted_at=now - timedelta(days=10), is_open=False)

        async def found(**query: str) -> list[str]:
            return ids(await read(client, "requests.json", **query))

        span = {
            "start_date": stamp(now - timedelta(days=121)),
            "end_date": stamp(now - timedelta(days=100)),
        }
        assert await found() == [nowhere, here, sign]
        assert await found(jurisdiction_id="boston.gov") == []
        assert await found(service_code="ROW-SIGN,ROW-ICE") == [sign]
        assert await found(status="closed") == [sign]
        assert await found(status="closed,open", service_code="ROW-POTHOLE") == [nowhere, here]
        assert await found(**span) == [old]
        assert await found(updated_after=stamp(now - timedelta(days=1))) == [
            old,
            nowhere,
            sign,
            here,
        ]
        assert await found(updated_before=stamp(now - timedelta(days=1))) == []
        assert await found(
            updated_after=stamp(now - timedelta(days=1)), end_date=stamp(now - timedelta(days=2))
        ) == [sign]
        assert await found(bbox="-122.69,45.51,-122.67,45.52") == [here]
        assert await found(bbox="-122.69,45.51,-122.67,45.52", status="closed") == []
        assert await found(bbox="-180,-90,180,90") == [here, sign]
        assert await found(bbox="-130,45.55,-110,50") == [sign]
        assert await found(bbox="0,0,100,80") == []
        assert await found(
            bbox="-122.69,45.51,-122.67,45.52", updated_after=stamp(now - timedelta(days=1))
        ) == [old, here]
        assert await found(bbox="-122.51,45.59,-122.49,45.61", service_code="ROW-SIGN") == [sign]
        assert sorted(await found(service_request_id=f"{here},{old}")) == sorted([here, old])
        # the numbers override everything else, even what is wrong
        assert await found(service_request_id=sign, status="done", start_date="x") == [sign]


async def test_pages_follow_one_another_without_gap_or_repeat(
    running: Running, database: Database
) -> None:
    async with running() as client:
        numbers = [await public_id_of(client) for _ in range(5)]
        same = utc_now()
        for number in numbers[:3]:  # equal times are told apart, too
            await moved(database, number, submitted_at=same)
        everything = ids(await read(client, "requests.json"))
        by_number = [
            number
            for page in "123"
            for number in ids(await read(client, "requests.json", page_size="2", page=page))
        ]
        by_link, link = [], "/open311/v2/requests.json?jurisdiction_id=portland.gov&page_size=2"
        while link:
            async with client.get(link) as response:
                by_link += [one["service_request_id"] for one in await response.json()]
                link = str(response.links["next"]["url"]) if response.links else ""

    assert sorted(everything) == sorted(numbers)
    assert by_number == by_link == everything


async def statuses(client: aiohttp.ClientSession, **query: str) -> list[int]:
    """Return how each of four calls at a time is answered."""
    calls = (read(client, "requests.json", **query) for _ in range(4))
    return [answer.status for answer in await asyncio.gather(*calls)]


async def test_a_long_list_costs_a_strangers_address_more_tokens_than_a_short_one(
    running: Running,
) -> None:
    async with running(address_per_second=2) as client:
        lines = [line(f"{n}") for n in range(400)]
        assert (await bulk(client, *lines)).status == 200

        short = await statuses(client, page_size="50")
    async with running(address_per_second=2) as client:
        long = await statuses(client)

    assert set(short) == {200}
    assert set(long) == {200, 429}
