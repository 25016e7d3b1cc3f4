"""Operators follow the changes of cases as server-sent events."""

import asyncio
import json
from collections import defaultdict
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Self

import aiohttp
import pytest

from services.dispatch.settings import DispatchSettings
from services.dispatch.store.events import PostgresCaseEvents
from shared.contract.events import new_id
from shared.contract.topics import DISPATCH_CASES
from shared.runtime.postgres import Pool
from tests.integration.dispatch.surge_storms import report
from tests.support.databases import Database
from tests.support.dispatch.http_access import (
    KEYS,
    OPERATOR,
    OnConnection,
    add_keys,
    open_case,
    serving_dispatch,
    waits_or_done,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import call
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

STREAM = "/v1/stream"
CASES, CHANGES, AT_ONCE = 10, 200, 25


class Stream:
    """The stream as a client reads it: events by their fields, comments left out."""

    def __init__(
        self, client: aiohttp.ClientSession, last_id: str | None = None, url: str = STREAM
    ) -> None:
        headers = {"Authorization": f"Bearer {OPERATOR}"}
        self._call = client.get(
            url, headers=headers | ({"Last-Event-ID": last_id} if last_id else {})
        )

    async def __aenter__(self) -> Self:
        response = await self._call.__aenter__()
        assert (response.status, response.content_type) == (200, "text/event-stream")
        self._lines = response.content
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._call.__aexit__(None, None, None)

    async def block(self) -> list[str]:
        """Return the lines up to the next empty one; none at the end."""
        lines = []
        while line := (await self._lines.readline()).decode().removesuffix("\n"):
            lines.append(line)
        return lines

    async def event(self) -> dict[str, str]:
        """Return the next event."""
        while not (fields := [line for line in await self.block() if not line.startswith(":")]):
            pass
        return dict(line.split(": ", 1) for line in fields)


async def test_who_resumes_the_stream_loses_and_repeats_nothing_while_cases_change(
    database: Database, settings: DispatchSettings, pool: Pool, topic_log: TopicLog
) -> None:
    await add_keys(database)
    case_ids = [new_id() for _ in range(CASES)]

    async def change() -> None:
        for _ in range(CHANGES // CASES):
            await open_case(pool, *map(sinkhole, case_ids))

    read: list[dict[str, str]] = []
    async with serving_dispatch(settings) as client, asyncio.TaskGroup() as group:
        async with Stream(client) as stream:
            begin = await stream.block()
            group.create_task(change())
            read += [await stream.event() for _ in range(AT_ONCE)]
        while len(read) < CHANGES:
            async with Stream(client, read[-1]["id"]) as stream:
                read += [await stream.event() for _ in range(AT_ONCE)]
        await topic_log.at_least(CHANGES, DISPATCH_CASES)

    assert begin[0].startswith(":")
    published = [(value or b"").decode() for value in await topic_log.values(DISPATCH_CASES)]
    assert sorted(event["data"] for event in read) == sorted(published)
    assert all(json.loads(event["data"])["id"] == event["id"] for event in read)
    versions = defaultdict(list)
    for event in read:
        data = json.loads(event["data"])["data"]
        versions[data["case_id"]].append(data["version"])
    assert list(versions.values()) == [list(range(1, CHANGES // CASES + 1))] * CASES


async def test_an_unknown_or_old_id_resets_the_stream_and_a_stop_ends_it(
    database: Database, settings: DispatchSettings, pool: Pool
) -> None:
    await add_keys(database)
    await open_case(pool, sinkhole())
    events = PostgresCaseEvents(pool)
    [old] = await events.page(0, 100)
    pruned = [await events.prune(timedelta(hours=hours)) for hours in (1, 0)]
    async with AsyncExitStack() as stack:
        outside = await stack.enter_async_context(aiohttp.ClientSession())
        async with serving_dispatch(settings) as client:
            url = f"{client._base_url}".rstrip("/") + STREAM  # noqa: SLF001
            streams = [
                await stack.enter_async_context(Stream(outside, unknown, url))
                for unknown in (new_id(), "no id", old.event_id)
            ]
            resets = [await stream.event() for stream in streams]
            await open_case(pool, sinkhole())
            later = [await stream.event() for stream in streams]
            refused = [
                (await call(client, "GET", STREAM)).status,
                (await call(client, "GET", STREAM, KEYS[LEAD])).status,
            ]
        ends = [await stream.block() for stream in streams]

    assert pruned == [0, 1]
    assert resets == [{"event": "reset", "data": '{"code": "unknown_event"}'}] * 3
    assert {json.loads(event["data"])["type"] for event in later} == {"route311.case.opened.v1"}
    assert refused == [401, 403]
    assert ends == [[]] * 3


async def test_one_operator_has_sixteen_streams_at_most(
    database: Database, settings: DispatchSettings
) -> None:
    await add_keys(database)
    async with serving_dispatch(settings) as client, AsyncExitStack() as stack:
        for _ in range(16):
            await stack.enter_async_context(Stream(client))
        refused = await call(client, "GET", STREAM, OPERATOR)

    assert (refused.status, refused.json["code"]) == (429, "too_many_streams")
    assert refused.headers["Retry-After"] == "15"


async def test_an_event_that_commits_late_is_not_passed_over(pool: Pool) -> None:
    events = PostgresCaseEvents(pool)
    first, second = report(), sinkhole()  # of no common bureau, whose lock would do
    async with pool.acquire() as db:
        late = db.transaction()
        await late.start()
        await open_case(OnConnection(db), first)  # type: ignore[arg-type]
        other = asyncio.create_task(open_case(pool, second))
        await eventually(lambda: waits_or_done(pool, other))
        page = await events.page(0, 100)
        await late.commit()
    await other
    rest = await events.page(page[-1].number if page else 0, 100)

    case_ids = [json.loads(event.value)["data"]["case_id"] for event in (*page, *rest)]
    assert case_ids == [first.data.case_id, second.data.case_id]
