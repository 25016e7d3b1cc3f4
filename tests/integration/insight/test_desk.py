"""Contacts of the desk, from the console's table to insight's report."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from asyncpg import InternalClientError

from console.api import ServiceApi
from console.desk_log import DeskContact, DeskLog
from shared.contract.events import new_id
from shared.runtime.postgres import Pool, open_pool
from shared.vocabulary import DeskOutcome
from tests.integration.insight.conftest import BUREAU
from tests.integration.insight.test_reports import report, rows_of
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.insight.events import triaged
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

CITY = "portland.gov"
MANY = """
    INSERT INTO desk_contacts (contact_id, channel, outcome, at)
    SELECT gen_random_uuid(), 'phone', 'answered', now() - interval '1 hour'
      FROM generate_series(1, 1201)
"""


def contact(outcome: DeskOutcome = "answered", **changes: Any) -> dict[str, Any]:
    sent = {"id": new_id(), "at": NOON.isoformat(), "channel": "phone", "outcome": outcome}
    return sent | {"language": "en", "seconds": 60} | changes


async def send(
    client: aiohttp.ClientSession, *contacts: dict[str, Any], city: str = CITY, **more: Any
) -> tuple[int, Any]:
    body = {"jurisdiction": city, "contacts": contacts, **more}
    async with client.post("/v1/desk-contacts", json=body) as response:
        return response.status, await response.json()


@pytest.fixture
async def console_pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("console")) as pool:
        yield pool


async def test_contacts_count_once_with_their_requests_in_any_order(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    """Of two requests by phone the desk reports one before and one after triage decided it."""
    early, late = new_id(), new_id()
    contacts = [contact(seconds=30) for _ in range(12)]
    joined = contact("joined", request_id=early, seconds=90)
    assert await send(client, *contacts, joined) == (200, {"latest": "2026-03-02T12:00:00Z"})
    by_phone = [early, late, *(new_id() for _ in range(12))]
    await topic_log.publish(
        *(triaged(one, None, request={"channel": "phone"}) for one in by_phone),
        *(triaged(new_id(), None, request={"channel": "web"}) for _ in range(12)),
    )
    filed = contact("request", request_id=late, seconds=210)
    await rows_of(client, "volumes", 26)

    for _ in range(2):  # a repeat changes nothing
        assert (await send(client, *contacts, joined, filed))[0] == 200

    figures = {
        "resolved_at_first_contact": 13,
        "without_request": 12,
        "to_interpreter": 0,
        "timed": 14,
        "median_handle_seconds": 30.0,
    }
    assert (await report(client, "desk"))["rows"] == [{"n": 26, **figures}]
    assert (await report(client, "desk?from=2026-03-03"))["rows"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"outcome": "sold"}, "contacts.0.outcome", id="an unknown outcome"),
        pytest.param({"request_id": new_id()}, "contacts.0", id="answered, with a request"),
        pytest.param({"outcome": "joined"}, "contacts.0", id="joined, without a request"),
        pytest.param({"language": "her own"}, "contacts.0.language", id="words for a language"),
        pytest.param({"seconds": -1}, "contacts.0.seconds", id="less than no time"),
        pytest.param({"name": "Ana"}, "contacts.0.name", id="anything about a person"),
    ],
)
async def test_a_wrong_contact_is_refused_by_its_field(
    client: aiohttp.ClientSession, changes: dict[str, Any], field: str
) -> None:
    status, answer = await send(client, contact(**changes))

    assert status == 422
    assert [error["field"] for error in answer["errors"]] == [field]


async def test_operators_alone_report_contacts_of_cities(client: aiohttp.ClientSession) -> None:
    assert (await send(client, contact(), city="atlantis.gov"))[0] == 422
    client.headers["Authorization"] = f"Bearer {BUREAU}"
    assert (await send(client, contact()))[0] == 403


async def test_the_console_sends_what_insight_lacks_after_an_outage_and_after_a_rebuild(
    client: aiohttp.ClientSession, console_pool: Pool, pool: Pool
) -> None:
    await console_pool.execute(MANY)
    log = DeskLog(console_pool, ServiceApi(client), CITY)
    one = DeskContact(UUID(new_id()), "walk_in", "vi", "interpreter", 55)
    for _ in range(2):  # a form that is sent twice
        await log.record(one, "kim", "desk_", "vi 55 s")

    async def has(count: int) -> bool:
        found: int = await pool.fetchval("SELECT count(*) FROM desk_contacts")
        assert found <= count
        return found == count

    replicating = asyncio.create_task(log.replicate())
    await eventually(lambda: has(1_202))
    await pool.execute("TRUNCATE desk_contacts")
    other = DeskContact(UUID(new_id()), "phone", None, "joined", None, UUID(new_id()))
    await log.record(other, "kim", "desk_", "26-7KQ4-M2 0 s")
    await eventually(lambda: has(1_203))
    replicating.cancel()
    with suppress(asyncio.CancelledError, InternalClientError):  # a pool's, cancelled in a query
        await replicating

    kept = "SELECT channel, language, outcome, seconds, request_id, sent_by FROM desk_contacts"
    rows = await pool.fetch(
        f"{kept} WHERE contact_id = ANY($1) ORDER BY at", [one.contact_id, other.contact_id]
    )
    assert [tuple(row) for row in rows] == [
        ("walk_in", "vi", "interpreter", 55, None, "Olga"),
        ("phone", None, "joined", None, other.request_id, "Olga"),
    ]
    audit = await console_pool.fetch("SELECT name, action, about FROM audit ORDER BY number")
    assert [tuple(row) for row in audit] == [
        ("kim", "desk_interpreter", "vi 55 s"),
        ("kim", "desk_joined", "26-7KQ4-M2 0 s"),
    ]
