"""Pelias over a real HTTP connection: what its answers mean, and what happens without one."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from services.intake.acceptance import TARGET_BATCH_S
from services.intake.places.pelias import ANSWER_S, AT_ONCE, BUDGET_S, PeliasGeocoder
from services.intake.policy import CityAddress
from shared.delivery_attempts import FAILURES_TO_OPEN, PROBE_EVERY
from shared.runtime.clock import utc_now
from shared.runtime.http.deadline import DEADLINE_S
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON
from tests.support.pelias_server import HERE, PeliasServer, feature, running_pelias
from tests.support.waiting import eventually

MAIN = CityAddress("portland.gov", "1234 SE Main St & more")
BLOCKED = CityAddress("portland.gov", "blocked")


@asynccontextmanager
async def asking(
    server: PeliasServer,
    clock: Callable[[], datetime] = utc_now,
    answer_s: float = 3,
    budget_s: float = 30,
) -> AsyncGenerator[PeliasGeocoder]:
    async with running_pelias(server) as url, aiohttp.ClientSession() as session:
        yield PeliasGeocoder(session, url, clock, answer_s=answer_s, budget_s=budget_s)


async def test_an_address_is_asked_once_in_its_city() -> None:
    server = PeliasServer()
    async with asking(server) as pelias:
        assert await pelias.points([MAIN, MAIN]) == [HERE, HERE]

    assert server.asked == ["1234 SE Main St & more, portland"]


@pytest.mark.parametrize(
    ("characters", "point"),
    [pytest.param(200_000, HERE, id="in pieces"), pytest.param(300_000, None, id="too long")],
)
async def test_a_long_answer_is_read_to_its_end_up_to_a_limit(
    characters: int, point: GeoPoint | None
) -> None:
    async with asking(PeliasServer({"features": [feature(note="x" * characters)]})) as pelias:
        assert await pelias.points([MAIN]) == [point]


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
    async with asking(PeliasServer(answer)) as pelias:
        assert await pelias.points([MAIN]) == [None]


async def test_a_slow_answer_leaves_one_address_without_a_point_and_not_the_others() -> None:
    async with asking(PeliasServer()) as pelias:
        assert await pelias.points([BLOCKED, MAIN]) == [None, HERE]


async def test_after_failures_in_a_row_nobody_is_asked_for_a_while() -> None:
    now = NOON
    server = PeliasServer(status=500)
    async with asking(server, lambda: now) as pelias:
        for _ in range(FAILURES_TO_OPEN + 1):
            assert await pelias.points([MAIN]) == [None]
        assert len(server.asked) == FAILURES_TO_OPEN

        now, server.status = NOON + PROBE_EVERY, 200
        assert await pelias.points([MAIN]) == [HERE]


async def test_a_server_that_does_not_answer_is_soon_left_alone_within_one_batch() -> None:
    server = PeliasServer()
    batch = [BLOCKED._replace(address=f"blocked {number}") for number in range(30)]
    async with asking(server, answer_s=0.05) as pelias:
        assert await pelias.points(batch) == [None] * 30
        assert await pelias.points([MAIN]) == [None]

    assert len(server.asked) < AT_ONCE + FAILURES_TO_OPEN


async def test_a_call_that_the_budget_cuts_off_says_nothing_about_the_server() -> None:
    async def is_answered() -> bool:
        return await pelias.points([MAIN]) == [HERE]

    async with asking(PeliasServer(), answer_s=30, budget_s=0.05) as pelias:
        for _ in range(FAILURES_TO_OPEN):
            assert await pelias.points([BLOCKED]) == [None]
        await eventually(is_answered, within_s=20)


def test_a_server_has_less_time_than_a_submission_waits() -> None:
    """Else a server that never answers is cut off, and the breaker stays closed."""
    assert ANSWER_S < BUDGET_S <= DEADLINE_S - 2 * TARGET_BATCH_S


async def test_a_server_that_is_away_is_an_address_without_a_point() -> None:
    async with aiohttp.ClientSession() as session:
        pelias = PeliasGeocoder(session, "http://127.0.0.1:1")
        assert await pelias.points([MAIN]) == [None]
