"""Addresses that only a Pelias server knows, by every way in, and a server that never answers."""

import pytest
from aiohttp import web
from typing_extensions import override

from shared.contract.events import NoteAdded, RequestSubmitted, encode
from shared.contract.topics import CHANNEL_SUBMISSIONS, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.delivery_attempts import FAILURES_TO_OPEN
from shared.runtime.postgres import Pool
from tests.integration.intake.conftest import Running
from tests.support.builders import handed_in
from tests.support.intake.http_client import bulk, line, plain, post
from tests.support.intake.sms_gateway import SETTINGS, Phone
from tests.support.pelias_server import HERE, PeliasServer, running_pelias
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

_HELD = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database() AND state LIKE 'idle in transaction%'
       AND query LIKE '%gazetteer%'
"""


class WatchingServer(PeliasServer):
    """Looks, whenever it is asked, for transactions that wait behind the gazetteer."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool = pool
        self.held: list[int] = []

    @override
    async def search(self, request: web.Request) -> web.Response:
        self.held.append(await self._pool.fetchval(_HELD))
        return await super().search(request)


@pytest.mark.parametrize("way", ["single", "bulk", "kafka", "text", "answer"])
async def test_an_address_that_only_the_server_knows_is_put_on_the_map(
    running: Running, topic_log: TopicLog, pool: Pool, way: str
) -> None:
    """Without a transaction that waits for it; a machine that is too busy may take a few tries."""
    server = WatchingServer(pool)
    async with running_pelias(server) as url, running(pelias_url=url, **SETTINGS) as client:
        tries = 0

        async def on_the_map() -> RequestSubmitted | NoteAdded | None:
            nonlocal tries
            tries += 1
            data = plain(location={"address": f"{tries} SE Nowhere St"})
            if way == "text":
                phone = Phone(f"+1503555{tries:04}")
                await phone.say(client, f"Pothole at {tries} SE Nowhere St")
            elif way == "answer":
                phone = Phone(f"+1503555{tries:04}")
                await phone.say(client, "A power line is down and sparking on the sidewalk")
                await phone.say(client, f"It is at {tries} SE Nowhere St")
            elif way == "single":
                await post(client, data)
            elif way == "bulk":
                await bulk(client, line(f"line-{tries}", data=data))
            else:
                await topic_log.write(CHANNEL_SUBMISSIONS, "a", encode(handed_in(data)))
            topics = (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)
            found = [event for topic in topics for event in await topic_log.events(topic)]
            placed = (one for one in found if (at := one.data.location) and at.latitude is not None)
            return next(placed, None)

        event = await eventually(on_the_map)

    assert event
    at = event.data.location
    assert at
    assert (at.latitude, at.longitude, at.precision) == (HERE.latitude, HERE.longitude, "address")
    assert at.municipality == "portland.gov"
    assert set(server.held) == {0}


async def test_a_server_that_never_answers_is_soon_left_alone_and_nobody_is_refused(
    running: Running,
) -> None:
    server = PeliasServer()
    statuses = set()
    async with running_pelias(server) as url, running(pelias_url=url) as client:
        tries = 0

        async def left_alone() -> bool:
            nonlocal tries
            tries += 1
            before = len(server.asked)
            answer = await post(client, plain(location={"address": f"blocked {tries} Main St"}))
            statuses.add(answer.status)
            return len(server.asked) == before and answer.status == 201

        await eventually(left_alone)

    assert len(server.asked) >= FAILURES_TO_OPEN
    assert statuses <= {201, 503}
