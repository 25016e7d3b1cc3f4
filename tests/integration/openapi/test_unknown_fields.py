"""Every route of every service names unknown fields and parameters, by its OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest

from tests.integration.openapi.conftest import BUREAU, KEYS, Serving
from tests.support.intake.http_client import Response, call
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

_JSON, _NDJSON = "application/json", "application/x-ndjson"
_NAME = "unheard_of"
_LENIENT = "handling=lenient"
_PREVIEW = "POST /v1/submissions/preview"
_OTHERS = ("/open311/", "/v1/channels/", "/v1/providers/")
"""Interfaces of others. What else ignores unknown fields is a page."""


@dataclass(frozen=True)
class Route:
    """An operation of a document."""

    method: str
    path: str
    operation: Mapping[str, Any]
    models: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_strict(self) -> bool:
        return "Prefer" in {one["name"] for one in self.operation["parameters"]}

    @property
    def body(self) -> tuple[str, Any] | None:
        """Media type and schema of a JSON body."""
        contents = self.operation.get("requestBody", {}).get("content", {})
        return next(
            ((kind, contents[kind]["schema"]) for kind in (_JSON, _NDJSON) if kind in contents),
            None,
        )

    def bodies(self) -> Iterator[tuple[str, Any]]:
        """Yield bodies with an unknown field, and its path, in each object of the schema."""
        if self.body:
            yield from self._unknown_in(self.body[1])

    def _unknown_in(self, schema: Any, before: str = "") -> Iterator[tuple[str, Any]]:
        for one in schema.get("anyOf", [schema]):
            model = self.models[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            if "properties" in model:
                assert model["additionalProperties"] is False
                yield f"{before}{_NAME}", {_NAME: 1}
            for name, part in model.get("properties", {}).items():
                for path, value in self._unknown_in(part, f"{before}{name}."):
                    yield path, {name: value}
            if "items" in model:
                for path, value in self._unknown_in(model["items"], f"{before}0."):
                    yield path, [value]

    async def call(
        self, client: aiohttp.ClientSession, query: str = "", body: Any = None, **headers: str
    ) -> Response:
        """Call it with a key that it takes; the body is JSON, or none."""
        values = {"code": BUREAU, "bureau": BUREAU}
        path = "/".join(
            values.get(part[1:-1], "26-0000-000000") if part.startswith("{") else part
            for part in self.path.split("/")
        )
        key = next((KEYS[role] for one in self.operation.get("security", ()) for role in one), None)
        kind = self.body[0] if self.body else "image/png"
        sent = {"Content-Type": kind, "Purpose": "A test"} | headers
        if kind == _NDJSON and body is not None:
            body = {"id": "17", "data": {}} | body
        more = {} if self.method == "GET" else {"data": json.dumps(body).encode()}

        async def answered() -> Response | None:
            response = await call(client, self.method, path + query, key, headers=sent, **more)
            return None if response.status == HTTPStatus.SERVICE_UNAVAILABLE else response

        response = await eventually(answered)  # it may be starting, or busy
        assert response
        return response


async def routes_of(url: str) -> list[Route]:
    async with aiohttp.ClientSession(url) as client:

        async def document() -> Any:
            with suppress(aiohttp.ClientConnectionError):
                return (await call(client, "GET", "/openapi.json")).json

        found = await eventually(document)
    models = found["components"]["schemas"]
    return [
        Route(method.upper(), path, operation, models)
        for path, item in found["paths"].items()
        for method, operation in item.items()
    ]


def unknown(response: Response, among: str) -> list[str]:
    """Return the fields that a response names as unknown."""
    document = json.loads(response.body)
    found = document.get(among) or document.get("problem", {}).get(among) or ()
    return [one["field"] for one in found if one["code"] == "unknown_field"]


@pytest.fixture(params=["intake", "dispatch", "notify", "insight", "triage", "triage.surges"])
def url(serving: Serving, request: pytest.FixtureRequest) -> str:
    return serving(f"services.{request.param}")


async def test_an_unknown_parameter_is_named(url: str) -> None:
    async with aiohttp.ClientSession(url) as client:
        for route in await routes_of(url):
            if not route.is_strict:
                continue
            response = await route.call(client, f"?{_NAME}=1", {})
            status = 200 if route.name == _PREVIEW else 422
            assert (response.status, unknown(response, "errors")) == (status, [_NAME]), route.name


async def test_an_unknown_field_is_named_at_every_depth(url: str) -> None:
    async with aiohttp.ClientSession(url) as client:
        for route in await routes_of(url):
            if not route.is_strict or route.body is None:
                continue
            kind, paths = route.body[0], set()
            for path, body in route.bodies():
                response = await route.call(client, "", body)
                status = 422 if kind == _JSON and route.name != _PREVIEW else 200
                named = unknown(response, "errors")
                assert (response.status, named) == (status, [path.removeprefix("data.")]), (
                    route.name,
                    path,
                )
                paths.add(path)
            assert _NAME in paths
            if route.path == "/v1/submissions":
                assert {f"{part}.{_NAME}" for part in ("location", "reporter", "media.0")} < paths


async def test_a_lenient_call_is_warned(url: str) -> None:
    async with aiohttp.ClientSession(url) as client:
        for route in await routes_of(url):
            if not route.is_strict or route.path == "/v1/stream":  # which has no end
                continue
            path, body = next(route.bodies(), (None, {}))
            response = await route.call(client, "", body, Prefer=_LENIENT)
            assert response.headers["Preference-Applied"] == _LENIENT, route.name
            if path:
                assert unknown(response, "warnings") == [path], route.name
                assert unknown(response, "errors") == [], route.name


async def test_only_pages_and_interfaces_of_others_ignore_them(url: str) -> None:
    for route in await routes_of(url):
        if not route.is_strict and not route.path.startswith(_OTHERS):
            kinds = {
                kind for one in route.operation["responses"].values() for kind in one["content"]
            }
            assert _JSON not in kinds, route.name
