"""Every way in over HTTP, so that a test can go through all of them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

from tests.support.intake.http_client import ADAPTER, Response, call, plain
from tests.support.intake.open311_calls import BASE, CITY, FORM, form

Way: TypeAlias = Callable[..., Awaitable[Response]]
"""Takes the client, a tracking number for notes, and perhaps a text, an address of a picture, more
fields of a submission, and a key; returns the answer."""

SUBMITTED = {"POST", "preview", "bulk", "Open311 JSON", "Open311 XML"}
"""The ways that take a whole submission; the others take a note."""


def submitted(text: str, url: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a submission."""
    media = [{"url": url}] if url else []
    return plain(description=text, media=media, **more)


def open311_fields(text: str, url: str | None) -> dict[str, str]:
    """The fields of a form."""
    return {"description": text} | ({"media_url": url} if url else {})


def _json(path: str) -> Way:
    async def send(
        client: aiohttp.ClientSession,
        _: str = "",
        text: str = "A small pothole",
        url: str | None = None,
        key: str = ADAPTER,
        **more: Any,
    ) -> Response:
        body = json.dumps(submitted(text, url, more))
        return await _post(client, path, key, body, "application/json")

    return send


async def _bulk(
    client: aiohttp.ClientSession,
    _: str = "",
    text: str = "A small pothole",
    url: str | None = None,
    key: str = ADAPTER,
    **more: Any,
) -> Response:
    line = json.dumps({"id": str(uuid4()), "data": submitted(text, url, more)})
    return await _post(client, "/v1/submissions/bulk", key, line, "application/x-ndjson")


def _open311(output: str) -> Way:
    async def send(
        client: aiohttp.ClientSession,
        _: str = "",
        text: str = "A small pothole",
        url: str | None = None,
        key: str = ADAPTER,
    ) -> Response:
        body = urlencode(form(**open311_fields(text, url), api_key=""))
        return await _post(client, f"{BASE}/requests.{output}", key, body, FORM)

    return send


async def _note(
    client: aiohttp.ClientSession,
    number: str,
    text: str = "It is still there",
    url: str | None = None,
    key: str = ADAPTER,
) -> Response:
    body = json.dumps({"text": text, "media": [{"url": url}] if url else []})
    return await _post(client, f"/v1/requests/{number}/notes", key, body, "application/json")


async def _update(
    client: aiohttp.ClientSession,
    number: str,
    text: str = "It is still there",
    url: str | None = None,
    key: str = ADAPTER,
) -> Response:
    city = {"jurisdiction_id": CITY, "service_request_id": number}
    body = urlencode(city | open311_fields(text, url))
    return await _post(client, f"{BASE}/servicerequestupdates.json", key, body, FORM)


async def _post(
    client: aiohttp.ClientSession, path: str, key: str, body: str, content_type: str
) -> Response:
    headers = {"Content-Type": content_type}
    return await call(client, "POST", path, key, headers=headers, data=BytesIO(body.encode()))


WAYS: Mapping[str, Way] = {
    "POST": _json("/v1/submissions"),
    "preview": _json("/v1/submissions/preview"),
    "bulk": _bulk,
    "Open311 JSON": _open311("json"),
    "Open311 XML": _open311("xml"),
    "note": _note,
    "Open311 update": _update,
}
