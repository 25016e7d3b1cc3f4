"""Calls of intake's HTTP port, as an adapter makes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

import aiohttp

from tests.support.builders import submission

ADAPTER = "key of the adapter called demo"


def plain(**changes: Any) -> dict[str, Any]:
    """The data of a submission without any hazard."""
    return submission(**({"description": "A small pothole"} | changes))


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    async def of(cls, response: aiohttp.ClientResponse) -> Self:
        return cls(response.status, dict(response.headers), await response.read())

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """What each line of a bulk answer holds."""
        return [json.loads(line) for line in self.body.split(b"\n") if line]


async def call(
    client: aiohttp.ClientSession,
    method: str,
    path: str,
    key: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Call intake with an API key, or as a stranger."""
    sent = ({"Authorization": f"Bearer {key}"} if key else {}) | dict(headers or {})
    async with client.request(method, path, headers=sent, **more) as response:
        return await Response.of(response)


async def get(client: aiohttp.ClientSession, path: str, **headers: str) -> Response:
    """Look something up."""
    return await call(client, "GET", path, headers=headers)


async def post(
    client: aiohttp.ClientSession,
    data: Any = None,
    *,
    key: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Hand in a submission; ``key`` is the Idempotency-Key."""
    body = data if isinstance(data, bytes) else data or plain()
    return await _post_json(client, "/v1/submissions", ADAPTER, body, _named(key) | (headers or {}))


async def preview(client: aiohttp.ClientSession, data: Any, key: str = ADAPTER) -> Response:
    """Ask what a submission would become."""
    return await _post_json(client, "/v1/submissions/preview", key, data)


async def note(
    client: aiohttp.ClientSession,
    number: str,
    data: Any = None,
    *,
    id_: str | None = None,
    key: str = ADAPTER,
) -> Response:
    """Add a note to a request; ``id_`` is the Idempotency-Key."""
    body = {"text": "It is still there"} if data is None else data
    return await _post_json(client, f"/v1/requests/{number}/notes", key, body, _named(id_))


async def bulk(
    client: aiohttp.ClientSession, *lines: bytes, headers: dict[str, str] | None = None
) -> Response:
    """Hand in many submissions, a line each."""
    sent = {"Content-Type": "application/x-ndjson"} | (headers or {})
    body = BytesIO(b"\n".join(lines))
    return await call(client, "POST", "/v1/submissions/bulk", ADAPTER, headers=sent, data=body)


def line(id_: str, **more: Any) -> bytes:
    """A line of a bulk call."""
    return json.dumps({"id": id_, "data": plain(), **more}).encode()


def _named(id_: str | None) -> dict[str, str]:
    return {"Idempotency-Key": id_} if id_ else {}


async def _post_json(
    client: aiohttp.ClientSession,
    path: str,
    key: str,
    data: Any,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Post a document; bytes are sent as they are."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    sent = {"Content-Type": "application/json"} | dict(headers or {})
    return await call(client, "POST", path, key, headers=sent, data=BytesIO(body))
