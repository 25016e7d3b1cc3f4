"""No address of a submission is ever asked for anything, whatever it points to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from shared.contract.events import encode
from shared.contract.topics import CHANNEL_SUBMISSIONS, INTAKE_RECEIPTS, INTAKE_REQUESTS
from tests.integration.intake.conftest import Running
from tests.integration.intake.ways import SUBMITTED, WAYS
from tests.support.builders import handed_in
from tests.support.intake.http_client import plain, post
from tests.support.intake.media import upload
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


@dataclass(slots=True)
class Canary:
    """A server that nobody may ever call.

    Attributes:
        port: Its port, on IPv4 and IPv6.
        calls: How often somebody connected.
    """

    port: int
    calls: int = 0

    def addresses(self) -> list[str]:
        """Every way to write its address, and addresses that only a machine inside can reach."""
        hosts = (
            *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"),
            *("[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "user@127.0.0.1", "[::]"),
        )
        inside = (
            *("169.254.169.254/latest/meta-data/", "[64:ff9b::a9fe:a9fe]/", "[fe80::1]/"),
            *("10.0.0.1/", "192.168.1.1/", "metadata.google.internal/computeMetadata/v1/"),
        )
        redirect = f"http://127.0.0.1:{self.port}/redirect?to=http://169.254.169.254/"
        named = [f"http://{host}:{self.port}/a.jpg" for host in hosts]
        return [*named, redirect, *(f"http://{rest}" for rest in inside)]


@asynccontextmanager
async def canary() -> AsyncGenerator[Canary]:
    """Listen on both loopback addresses and count who calls."""
    watched = Canary(0)

    async def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watched.calls += 1
        writer.close()

    async with await asyncio.start_server(called, "127.0.0.1", 0) as server:
        watched.port = server.sockets[0].getsockname()[1]
        async with await asyncio.start_server(called, "::1", watched.port):
            yield watched


async def test_no_address_of_a_picture_is_called_by_any_way_in(
    running: Running, topic_log: TopicLog
) -> None:
    async with canary() as watched, running() as client:
        number = (await post(client)).json["tracking_number"]
        urls = watched.addresses()
        answers = {
            name: [await way(client, number, url=url) for url in urls] for name, way in WAYS.items()
        }
        uploads = [await upload(client, url.encode()) for url in urls]
        data = plain(media=[{"url": url} for url in urls])
        await topic_log.write(CHANNEL_SUBMISSIONS, "adapter", encode(handed_in(data)))
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)
        kept = (len(SUBMITTED) - 1 + 2) * len(urls) + 2
        published = await topic_log.at_least(kept, INTAKE_REQUESTS)

    assert receipt.type == "route311.submission.accepted.v1"
    for name, of_one_way in answers.items():
        assert {answer.status for answer in of_one_way} <= {200, 201}, name
    assert {answer.status for answer in uploads} == {415}
    kept_urls = {medium.url for event in published for medium in event.data.media}
    assert f"http://127.0.0.1:{watched.port}/a.jpg" in kept_urls
    assert watched.calls == 0
