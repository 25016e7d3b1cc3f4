import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from opentelemetry.trace import SpanKind

from shared.runtime.http.server import serve_http
from shared.runtime.http.tracing import passing_trace_on, trace_of
from shared.runtime.ops.tracing import span_below
from tests.support.spans import CALLER, TRACEPARENT, Spans, parent_of, trace_after

SENT = {"traceparent": TRACEPARENT}


async def ready() -> str | None:
    return None


async def tell(request: web.Request) -> web.Response:
    return web.Response(text=trace_of(request) or "")


async def fail(_: web.Request) -> web.Response:
    raise ValueError("ana@example.org")


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    routes = [web.get("/cases/{case_id}", tell), web.get("/fails", fail)]
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", trace_configs=[passing_trace_on()]
        ) as client,
    ):
        yield client


async def get(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path, headers=SENT) as response:
        return await response.text()


async def test_without_tracing_a_call_passes_the_callers_trace_on(
    client: aiohttp.ClientSession,
) -> None:
    assert await get(client, "/cases/7") == TRACEPARENT


async def test_a_call_has_a_span_below_the_callers_and_above_what_it_causes(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    spans.install(monkeypatch)

    caused = await get(client, "/cases/7")

    [span] = spans.ended
    assert span.name == "GET /cases/{case_id}"
    assert parent_of(span) == CALLER
    assert caused == trace_after(span)
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 200


@pytest.mark.parametrize(
    ("path", "names"),
    [
        pytest.param("/live", [], id="a probe"),
        pytest.param("/fails", ["GET /fails"], id="an error"),
        pytest.param("/secret-path", ["GET unknown"], id="no route"),
    ],
)
async def test_a_span_names_routes_alone(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, path: str, names: list[str]
) -> None:
    spans = Spans()
    spans.install(monkeypatch)

    await get(client, path)

    assert [span.name for span in spans.ended] == names
    assert all("ana@" not in span.to_json() for span in spans.ended)


async def test_a_call_to_another_service_stands_below_the_span_in_which_it_is_made(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    spans.install(monkeypatch)

    with span_below(None, "page", SpanKind.SERVER, {}):
        await get(client, "/cases/7")

    call, page = spans.ended
    assert parent_of(call) == f"{page.context.span_id:016x}"
