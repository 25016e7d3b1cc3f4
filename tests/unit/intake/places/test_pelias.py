"""Pelias over a real HTTP connection: what its answers mean, and what happens without one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from services.intake.places.pelias import (
    FAILURES_TO_OPEN,
    OPEN_S,
    CircuitBreaker,
    PeliasGeocoder,
)
from services.intake.policy import CityAddress
from shared.vocabulary import GeoPoint

HERE = GeoPoint(45.5, -122.6)
MAIN = CityAddress("portland.gov", "1234 SE Main St & more")
BLOCKED = CityAddress("portland.gov", "blocked")


def feature(**facts: Any) -> dict[str, Any]:
    known = {"layer": "address", "match_type": "exact", "confidence": 1}
    return {"geometry": {"coordinates": [-122.6, 45.5]}, "properties": known | facts}


class Server:
    """A Pelias server that gives one answer, and what it was asked."""

    def __init__(self, answer: Any = None, status: int = 200) -> None:
        self.answer = {"features": [feature()]} if answer is None else answer
        self.status = status
        self.asked: list[str] = []

    async def search(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["text"])
        if request.query["text"].startswith("blocked"):
            await asyncio.Event().wait()
        return web.json_response(self.answer, status=self.status)


@asynccontextmanager
async def asking(
    server: Server, breaker: CircuitBreaker | None = None
) -> AsyncGenerator[PeliasGeocoder]:
    app = web.Application()
    app.router.add_get("/api/v1/search", server.search)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            yield PeliasGeocoder(session, f"http://127.0.0.1:{port}/api/", breaker, deadline_s=3)
    finally:
        await runner.cleanup()


async def test_an_address_is_asked_once_in_its_city() -> None:
    server = Server()
    async with asking(server) as pelias:
        assert await pelias.points([MAIN, MAIN]) == [HERE, HERE]

    assert server.asked == ["1234 SE Main St & more, portland"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"features": []}, id="unknown"),
        pytest.param({"features": [feature(confidence=0.79)]}, id="unsure"),
        pytest.param({"features": [feature(match_type="fallback")]}, id="fallback"),
        pytest.param({"features": [feature(layer="locality")]}, id="a whole city"),
        pytest.param({"nothing": 1}, id="another document"),
        pytest.param([], id="a list"),
        pytest.param({"features": [feature() | {"geometry": {"coordinates": [0, 99]}}]}, id="far"),
    ],
)
async def test_without_a_sure_answer_there_is_no_point(answer: Any) -> None:
    async with asking(Server(answer)) as pelias:
        assert await pelias.points([MAIN]) == [None]


async def test_a_slow_answer_leaves_one_address_without_a_point_and_not_the_others() -> None:
    async with asking(Server()) as pelias:
        assert await pelias.points([BLOCKED, MAIN]) == [None, HERE]


async def test_after_failures_in_a_row_nobody_is_asked_for_a_while() -> None:
    now = 0.0
    server = Server(status=500)
    async with asking(server, CircuitBreaker(lambda: now)) as pelias:
        for _ in range(FAILURES_TO_OPEN + 1):
            assert await pelias.points([MAIN]) == [None]
        assert len(server.asked) == FAILURES_TO_OPEN

        now, server.status = OPEN_S, 200
        assert await pelias.points([MAIN]) == [HERE]


async def test_a_server_that_is_away_is_an_address_without_a_point() -> None:
    async with aiohttp.ClientSession() as session:
        pelias = PeliasGeocoder(session, "http://127.0.0.1:1")
        assert await pelias.points([MAIN]) == [None]
