"""Limits of the number of connections, with real sockets."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from prometheus_client import REGISTRY

from tests.support.waiting import eventually
from tests.unit.runtime.http.connection_server import LIMITS, NEVER, closed, running
from tests.unit.runtime.http.raw_client import GET, HALF, path


async def test_above_the_most_connections_the_one_that_waits_longest_gives_way() -> None:
    before = closed("displaced")
    async with running(replace(NEVER, connections_per_address=3)) as server:
        idle, half, third = [await server.connect() for _ in range(3)]
        half.send(HALF)
        assert await third.status() == 200
        fourth = await server.connect()
        assert await fourth.status() == 200
        assert await idle.is_closed()
        assert await (await server.connect()).status() == 200
        assert await half.is_closed()
        assert await third.status() == 200

    assert closed("displaced") == before + 2


async def test_a_known_caller_gives_way_after_all_strangers() -> None:
    async with running(replace(NEVER, connections=2)) as server:
        adapter = await server.connect()
        assert await adapter.status(path("/known")) == 200
        for _ in range(5):
            assert await (await server.connect()).status() == 200
        assert await adapter.status() == 200


async def test_with_a_request_on_each_the_new_connection_is_refused() -> None:
    before = closed("refused")
    async with running(replace(NEVER, connections=1)) as server:
        busy = await server.connect()
        busy.send(path("/wait"))
        await server.began.wait()
        assert await (await server.connect()).is_closed()
        server.go_on.set()
        assert await busy.response() == (200, b"done")

    assert closed("refused") == before + 1


async def test_a_trusted_proxy_may_open_more_than_one_address_may() -> None:
    limits = replace(NEVER, connections_per_address=1, proxies=[ip_network("127.0.0.0/8")])
    async with running(limits) as server:
        first, second = await server.connect(), await server.connect()
        assert await second.status() == await first.status() == 200


async def test_a_closed_connection_counts_no_more() -> None:
    def open_now() -> float:
        return REGISTRY.get_sample_value("route311_http_connections") or 0

    before = open_now()
    async with running(replace(NEVER, connections_per_address=2)) as server:
        for _ in range(5):
            client = await server.connect()
            assert await client.status() == 200
            client.writer.close()

        async def none_is_left() -> bool:
            return open_now() == before

        await eventually(none_is_left)
        one, two = await server.connect(), await server.connect()
        assert await one.status() == await two.status() == 200


async def test_pipelined_requests_are_all_answered() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(GET * 3)
        assert [(await client.response())[0] for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("count", [450, 1_500])
async def test_beside_half_open_heads_a_caller_is_answered(count: int) -> None:
    async with running(replace(NEVER, connections_per_address=256)) as server:
        crowd = []
        for _ in range(count):
            crowd.append(await server.connect())
            crowd[-1].send(HALF)
        assert await (await server.connect()).status() == 200
