"""Calls of intake's HTTP port, as an adapter makes them."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp

from tests.builders import submission

ADAPTER = "key of the adapter called demo"


def plain(**changes: Any) -> dict[str, Any]:
    """The data of a submission without any hazard."""
    return submission(**({"description": "A small pothole"} | changes))


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    headers: dict[str, str]
    json: Any


async def post(
    client: aiohttp.ClientSession,
    data: Any = None,
    *,
    key: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Hand in a submission; ``key`` is the Idempotency-Key."""
    sent = {"Authorization": f"Bearer {ADAPTER}"}
    sent |= {"Idempotency-Key": key} if key else {}
    sent |= headers or {}
    if not isinstance(data, bytes):
        async with client.post("/v1/submissions", json=data or plain(), headers=sent) as response:
            return await read(response)
    sent.setdefault("Content-Type", "application/json")
    async with client.post("/v1/submissions", data=BytesIO(data), headers=sent) as response:
        return await read(response)


async def get(client: aiohttp.ClientSession, path: str, **headers: str) -> Response:
    """Look something up."""
    async with client.get(path, headers=headers) as response:
        return await read(response)


async def read(response: aiohttp.ClientResponse) -> Response:
    body = await response.read()
    is_lines = response.content_type == "application/x-ndjson"
    parsed = None if is_lines else await response.json(content_type=None)
    return Response(response.status, body, dict(response.headers), parsed)
