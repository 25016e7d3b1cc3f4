import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from pydantic import Field

from shared.contract.events import Data
from shared.runtime.http.calls import JSON, answers_errors, json_response
from shared.runtime.http.openapi import Content, Operation, Parameter, documents
from shared.runtime.http.server import serve_http
from shared.runtime.http.unknown_fields import read_fields, unknown_fields, unknown_in

BOTH = "handling=lenient"


class Point(Data):
    latitude: float
    longitude: float


class Report(Data):
    service_code: str
    location: Point | None = None
    media: Annotated[tuple[Point, ...], Field(max_length=2)] = ()
    since: str | None = Field(None, alias="from")
    attributes: dict[str, str] | None = None


class Named(Data):
    names: list[str]


def fields_in(value: Any, type_: Any = Report) -> list[str]:
    return [error.field for error in unknown_in(value, type_)]


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        pytest.param({"service_code": "A", "from": "x"}, [], id="known"),
        pytest.param({"since": "x"}, ["since"], id="a name of ours in place of the alias"),
        pytest.param({"location": {"lat": 1}}, ["location.lat"], id="nested"),
        pytest.param({"media": [{}, {"url": 1}]}, ["media.1.url"], id="in a list"),
        pytest.param({"attributes": {"any": "x"}}, [], id="names of answers are free"),
        pytest.param({"location": None, "media": "x"}, [], id="other types"),
        pytest.param({"a": None, "b": 1, "location": {"c": 2}}, ["a", "b", "location.c"], id="all"),
        pytest.param(["a"], [], id="no object"),
        pytest.param({"x\x00y" + "z" * 200: 1}, ["xy" + "z" * 97], id="printable and short"),
    ],
)
def test_unknown_fields_are_found_by_their_path(value: Any, unknown: list[str]) -> None:
    assert fields_in(value) == unknown


def test_of_several_models_the_one_that_fits_best_is_meant() -> None:
    assert fields_in({"names": [], "more": 1}, Report | Named) == ["more"]
    assert fields_in({"service_code": 1, "media": [], "names": 1}, Named | Report) == ["names"]


def test_the_nearest_known_name_is_told_and_never_a_value() -> None:
    near, far = unknown_in({"serviceCode": "secret", "qqq": "secret"}, Report)

    assert (near.code, near.message) == (
        "unknown_field",
        "Unknown: write service_code, or leave it out.",
    )
    assert far.message == "Unknown: leave it out."


def test_many_are_named_up_to_a_hundred() -> None:
    assert len(fields_in({f"x{n}": 1 for n in range(100_000)})) == 100


@answers_errors("Retry.")
async def echo(request: web.Request) -> web.Response:
    return json_response({"taken": await read_fields(request)})


@answers_errors("Retry.")
async def report(request: web.Request) -> web.Response:
    return json_response({"errors": unknown_fields(request, await request.json())})


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    return response


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    body = Content("The report.", (JSON,), Report)
    strict = Operation("Echo.", {}, body=body, query={"limit": Parameter("Maximum.")})
    preview = Operation("Preview.", {}, body=body, unknown="reported")
    page = Operation("Page.", {}, unknown="ignored")
    routes = [
        web.post("/echo", documents(echo, strict)),
        web.post("/preview", documents(report, preview)),
        web.get("/stream", documents(stream, Operation("Stream.", {}))),
        web.get("/page", documents(_page, page)),
    ]

    async def ready() -> None:
        return None

    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        yield client


async def _page(_: web.Request) -> web.Response:
    return web.Response()


async def call(
    client: aiohttp.ClientSession, path: str, body: Any = None, prefer: str | None = None
) -> tuple[int, Any, str | None]:
    """Return status, document and ``Preference-Applied``."""
    headers = {"Prefer": prefer} if prefer else {}
    method = "GET" if body is None else "POST"
    async with client.request(method, path, json=body, headers=headers) as response:
        is_json = response.content_type.endswith("json")
        document = await response.json(content_type=None) if is_json else None
        return response.status, document, response.headers.get("Preference-Applied")


def named(errors: Any) -> list[str]:
    assert {error["code"] for error in errors} == {"unknown_field"}
    return [error["field"] for error in errors]


async def test_an_unknown_parameter_or_field_is_422(client: aiohttp.ClientSession) -> None:
    status, document, applied = await call(client, "/echo?limit=1&limits=2&limits=3", {})
    assert (status, named(document["errors"]), applied) == (422, ["limits"], None)

    status, document, applied = await call(client, "/echo?limit=1", {"location": {"lat": 1}})
    assert (status, named(document["errors"]), applied) == (422, ["location.lat"], None)


async def test_a_lenient_caller_gets_warnings(client: aiohttp.ClientSession) -> None:
    body = {"service_code": "A", "more": 1}
    status, document, applied = await call(client, "/echo?limits=2", body, BOTH)

    assert (status, document["taken"], applied) == (200, body, BOTH)
    assert named(document["warnings"]) == ["limits", "more"]


async def test_without_unknown_fields_there_are_no_warnings(client: aiohttp.ClientSession) -> None:
    assert await call(client, "/echo", {"service_code": "A"}, BOTH) == (
        200,
        {"taken": {"service_code": "A"}},
        BOTH,
    )


async def test_warnings_stand_in_a_problem_too(client: aiohttp.ClientSession) -> None:
    async with client.post("/echo?more=1", data="x", headers={"Prefer": BOTH}) as response:
        document = await response.json(content_type=None)

    assert (response.status, named(document["warnings"])) == (415, ["more"])


async def test_what_reports_them_in_its_answer_is_never_422(client: aiohttp.ClientSession) -> None:
    status, document, _ = await call(client, "/preview?limits=2", {"more": 1})
    assert (status, named(document["errors"])) == (200, ["limits", "more"])

    status, document, _ = await call(client, "/preview?limits=2", {"more": 1}, BOTH)
    assert (status, document["errors"], named(document["warnings"])) == (
        200,
        [],
        ["limits", "more"],
    )


@pytest.mark.parametrize("path", ["/stream", "/live", "/ready", "/metrics"])
async def test_what_has_no_body_applies_the_preference(
    client: aiohttp.ClientSession, path: str
) -> None:
    assert (await call(client, f"{path}?more=1"))[0] == 422
    status, _, applied = await call(client, f"{path}?more=1", prefer=BOTH)
    assert (status, applied) == (200, BOTH)


async def test_pages_ignore_what_they_do_not_know(client: aiohttp.ClientSession) -> None:
    assert await call(client, "/page?more=1", prefer=BOTH) == (200, None, None)


@pytest.mark.parametrize(
    ("prefer", "is_lenient"),
    [
        ("handling=lenient", True),
        ('respond-async, Handling = "lenient"; x=1', True),
        ("handling=strict, handling=lenient", False),
        ("handling", False),
        ("lenient", False),
    ],
)
async def test_the_first_handling_counts(
    client: aiohttp.ClientSession, prefer: str, *, is_lenient: bool
) -> None:
    status, *_ = await call(client, "/echo", {"more": 1}, prefer)
    assert (status == 200) == is_lenient
