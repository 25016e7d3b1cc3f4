"""Proxy of bureaus' picture uploads to intake, which stores all pictures."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
from aiohttp import web
from pydantic import HttpUrl

from services.dispatch.ports import DispatchPorts
from shared.contract.events import Data
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.authentication import RefusedError, authorization_of
from shared.runtime.http.body import read_body
from shared.runtime.http.calls import JSON, MIB, answers_errors, slot_of
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBucket
from shared.runtime.http.tracing import passing_trace_on


class UploadedPicture(Data):
    """The picture as it is stored."""

    media_id: str
    """Its id."""
    url: str
    """Its address, for ``media`` of an update."""
    media_type: str
    """MIME type."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    bytes: int
    """Size in bytes."""


_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/octet-stream")
UPLOAD = Operation(
    "Upload a picture of the work, with a bureau's key, for media of an update.",
    {
        201: Content("Stored.", (JSON,), UploadedPicture),
        400: problem("The form is malformed."),
        408: JSON_REFUSALS[408],
        413: problem("More than 10 MiB or 40 megapixels."),
        415: problem("Not a JPEG, PNG, WebP or HEIC picture, or damaged."),
        422: problem("The form has no field file."),
        **KEY_REFUSALS,
    },
    body=Content("The picture, at most 10 MiB; its bytes determine the type.", _PICTURES, bytes),
    security=("bureau",),
)
PATH = "/v1/media"
# Uploads in memory at a time, of all bureaus and of one.
MAX_UPLOADS, MAX_UPLOADS_OF_BUREAU = 4, 2
# A picture, and the rest of a form.
_MAX_BYTES = 10 * MIB + 64 * 1024
_WITHIN_S = 45.0
_PASSED_ON = ("Content-Type", "Location", "Retry-After")


@asynccontextmanager
async def open_intake(url: HttpUrl | None) -> AsyncGenerator[aiohttp.ClientSession | None]:
    """Open a client of intake."""
    if url is None:
        yield None
        return
    async with aiohttp.ClientSession(
        f"{url}".rstrip("/") + "/",
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_WITHIN_S),
        trace_configs=[passing_trace_on()],
    ) as session:
        yield session


def media_routes(core: DispatchPorts, intake: aiohttp.ClientSession | None) -> list[web.RouteDef]:
    """Return the route by which bureaus upload pictures of their work; none without intake."""
    if intake is None:
        return []
    uploads = AdmissionControl(
        lambda: MAX_UPLOADS,
        TokenBucket(core.settings.key_per_second),
        caller_share=MAX_UPLOADS_OF_BUREAU / MAX_UPLOADS,
    )

    @answers_errors("Retry in a moment.")
    async def upload(request: web.Request) -> web.Response:
        bureau = await core.access.bureau(request)
        with slot_of(uploads, bureau):
            return await _pass_on(request, intake)

    return [web.post(PATH, documents(upload, UPLOAD))]


async def _pass_on(request: web.Request, intake: aiohttp.ClientSession) -> web.Response:
    try:
        body = await read_body(request, _MAX_BYTES)
    except web.HTTPRequestEntityTooLarge:
        detail = "Send a picture of at most 10 MiB."
        raise RefusedError(problem_response(413, "Too large", detail)) from None
    headers = {
        "Authorization": authorization_of(request),
        "Content-Type": request.headers.get("Content-Type", "application/octet-stream"),
        "Prefer": ", ".join(request.headers.getall("Prefer", ())),
    }
    try:
        async with intake.post(PATH[1:], data=BytesIO(body), headers=headers) as answer:
            content = await answer.read()
    except aiohttp.ClientError:
        raise _unavailable() from None
    kept = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return web.Response(body=content, status=answer.status, headers=kept)


def _unavailable() -> RefusedError:
    detail = "Retry in a moment."
    headers = {"Retry-After": "2"}
    return RefusedError(problem_response(503, "Not available", detail, headers=headers))
