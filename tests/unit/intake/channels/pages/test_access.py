"""What a caller of a page gets when the page crashes."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from services.intake.channels.pages.access import PageAccess
from shared.runtime.http.api_keys import ApiKeyCache
from shared.runtime.http.authentication import Callers
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.server import serve_http
from tests.support.intake.pages import site

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


async def ready() -> str | None:
    return None


async def no_key(_: str) -> None:
    return None


async def crash(_: web.Request) -> web.Response:
    raise LookupError("a secret")


async def move(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/live")


@pytest.fixture
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    limits = TokenBuckets(1_000)
    callers = Callers(ApiKeyCache(no_key), limits, limits, limits)
    access = PageAccess(site(), callers, limits)
    routes = [web.get("/crash", access.guarded(crash)), web.get("/move", access.guarded(move))]
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def test_a_browser_gets_a_page_about_a_crash_and_a_program_problem_details(
    client: aiohttp.ClientSession,
) -> None:
    with capture_logs() as logged:
        async with client.get("/crash?lang=es", headers=BROWSER) as page:
            text = await page.text()
        async with client.get("/crash") as answer:
            problem = await answer.text()

    assert (page.status, page.content_type) == (500, "text/html")
    assert '<html lang="es"' in text
    assert "<h1>" in text
    assert (answer.status, answer.content_type) == (500, "application/problem+json")
    assert "secret" not in text + problem + str(logged)
    assert [(one["event"], one["error"], one["status"]) for one in logged] == [
        ("http_request_failed", "LookupError", 500)
    ] * 2


async def test_what_is_no_crash_stays_what_it_is(client: aiohttp.ClientSession) -> None:
    async with client.get("/move", headers=BROWSER, allow_redirects=False) as moved:
        assert moved.status == 303
