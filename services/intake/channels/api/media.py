"""The HTTP routes of pictures: upload, download by id, release by operators."""

from contextlib import suppress
from functools import partial
from types import MappingProxyType

from aiohttp import web

from services.intake.channels.api.operations import (
    DOWNLOAD,
    RELEASE,
    UPLOAD,
    WITHHOLD,
    KeptPicture,
    PictureDecision,
)
from services.intake.channels.refusals import worded_refusals
from services.intake.pictures import MAX_BYTES, PATH, RefusedPictureError, is_media_id, media_url
from services.intake.ports import IntakePorts
from services.intake.records.submissions import KeptMedia, Uploader
from shared.contract.events import FieldError
from shared.runtime.http.authentication import RefusedError, is_known
from shared.runtime.http.body import (
    MULTIPART,
    BodyTooLargeError,
    NoFormError,
    read_at_most,
    read_parts,
)
from shared.runtime.http.calls import CallSlot, answers_errors, media_type_of, refuse_fields
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import actor_in
from shared.runtime.http.unknown_fields import unknown_fields

_FIELD = "file"
# Boundaries and other fields of a form.
_OTHER_BYTES = 64 * 1024
_MAX_FIELDS = 20
_NO_FILE = FieldError(
    field=_FIELD, code="missing_file", message="Send the picture as the field file of the form."
)


async def read_picture(request: web.Request) -> bytes:
    """Return the bytes of the picture; they may be none.

    Raises:
        RefusedPictureError: It has more bytes than are taken.
        RefusedError: It is a form that cannot be read, or has no field ``file``.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    try:
        if media_type_of(request) != MULTIPART:
            return await read_at_most(request, MAX_BYTES)
        parts = await read_parts(request, max_bytes=MAX_BYTES + _OTHER_BYTES, max_parts=_MAX_FIELDS)
    except BodyTooLargeError:
        raise RefusedPictureError("too_many_bytes") from None
    except NoFormError:
        advice = (
            f"Send multipart/form-data with a boundary and at most {_MAX_FIELDS} fields, or the "
            "picture alone as the body."
        )
        raise RefusedError(problem_response(400, "Not a form", advice)) from None
    unknown = unknown_fields(request, {part.name: None for part in parts})
    picture = next((part.content for part in parts if part.name == _FIELD), None)
    if picture is None:
        raise refuse_fields(_NO_FILE, *unknown)
    if unknown:
        raise refuse_fields(*unknown)
    if len(picture) > MAX_BYTES:
        raise RefusedPictureError("too_many_bytes")
    return picture


# Longer than the server waits for a caller that does not read.
_DOWNLOAD_TURN_S = 15.0
_HEADERS = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",  # it must be gone after an erasure
        "Content-Disposition": "inline",
    }
)


def media_routes(core: IntakePorts) -> list[web.RouteDef]:
    """Return the routes of pictures."""
    callers, library = core.callers, core.pictures

    @answers_errors("Retry in a moment.")
    async def upload(request: web.Request) -> web.Response:
        with CallSlot(request) as slot, worded_refusals():
            caller = await callers.uploader(request, is_counted=slot.is_from_gate)
            slot.take(core.limits.uploads[caller.scope], caller.name)
            uploader = Uploader(f"{caller.scope}:{caller.name}")
            media_id, kept = await library.add(await read_picture(request), uploader)
        answer = KeptPicture(
            media_id=media_id,
            url=media_url(core.public_url, media_id),
            media_type=kept.media_type,
            width=kept.width,
            height=kept.height,
            bytes=len(kept.content),
        )
        headers = {"Location": answer.url}
        return web.json_response(answer.model_dump(), status=201, headers=headers)

    @answers_errors("Retry in a moment.")
    async def download(request: web.Request) -> web.Response:
        if refused := await callers.look_up_refusal(request):
            return refused
        stranger = None if is_known(request) else callers.address(request)
        async with core.limits.downloads.slot(Uploader("download", stranger), _DOWNLOAD_TURN_S):
            media_id, kept = await _find(request, core)
            if kept.withheld and not is_known(request):
                raise _unknown()
            content = await library.files.read(media_id)
            if content is None:
                raise _unknown()
            response = web.Response(body=content, content_type=kept.media_type, headers=_HEADERS)
            with suppress(ConnectionError):  # raised, it would keep the picture in memory
                await response.prepare(request)
                await response.write_eof()  # until the caller has received most of it
        return response

    async def decide(request: web.Request, *, released: bool) -> web.Response:
        operator = await callers.operator(request)
        media_id, _ = await _find(request, core)
        await library.set_released(media_id, operator, released=released, actor=actor_in(request))
        decision = PictureDecision(media_id=media_id, released=released)
        return web.json_response(decision.model_dump())

    release = answers_errors("Retry in a moment.")(partial(decide, released=True))
    withhold = answers_errors("Retry in a moment.")(partial(decide, released=False))

    return [
        web.post(PATH, documents(upload, UPLOAD)),
        web.get(f"{PATH}/{{media_id}}", documents(download, DOWNLOAD)),
        web.post(f"{PATH}/{{media_id}}/release", documents(release, RELEASE)),
        web.post(f"{PATH}/{{media_id}}/withhold", documents(withhold, WITHHOLD)),
    ]


async def _find(request: web.Request, core: IntakePorts) -> tuple[str, KeptMedia]:
    media_id = request.match_info["media_id"]
    if not is_media_id(media_id):
        raise _unknown()
    kept = await Deadline().wait_for(core.pictures.find(media_id))
    if kept is None:
        raise _unknown()
    if kept.erased:
        detail = "This picture was erased."
        raise RefusedError(problem_response(410, "Erased", detail))
    return media_id, kept


def _unknown() -> RefusedError:
    detail = "We have no picture with this id. Compare it with the answer to its upload."
    return RefusedError(problem_response(404, "No such picture", detail))
