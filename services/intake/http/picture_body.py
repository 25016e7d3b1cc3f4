"""The picture in the body of a request: the body itself, or the field ``file`` of a form."""

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError

from services.intake.http.callers import RefusedError
from services.intake.rules.media import MAX_BYTES, RefusedPictureError
from shared.contract.events import FieldError
from shared.runtime.http.body import body_deadline
from shared.runtime.http.problem_details import problem_response

_FORM = "multipart/form-data"
_FIELD = "file"
_OTHER_BYTES = 64 * 1024
"""Boundaries and other fields of a form."""
_CHUNK_BYTES = 64 * 1024
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
    if (request.content_length or 0) > MAX_BYTES + _OTHER_BYTES:
        raise RefusedPictureError("too_many_bytes")
    async with body_deadline(request):
        if request.content_type != _FORM:
            return await _read_at_most(request.content)
        return await _read_form(request)


async def _read_form(request: web.Request) -> bytes:
    try:
        form = MultipartReader(request.headers, request.content)
        while part := await form.next():
            if isinstance(part, BodyPartReader) and part.name == _FIELD:
                return await _read_at_most(part)
    except (ValueError, RuntimeError, AssertionError, HttpProcessingError):
        advice = "Send multipart/form-data with a boundary, or the picture alone as the body."
        raise RefusedError(problem_response(400, "Not a form", advice)) from None
    advice = "Mend what is named under errors and send it again."
    raise RefusedError(problem_response(422, "Not acceptable", advice, errors=[_NO_FILE]))


async def _read_at_most(source: StreamReader | BodyPartReader) -> bytes:
    picture = bytearray()
    while chunk := await _chunk_of(source):
        picture += chunk
        if len(picture) > MAX_BYTES:
            raise RefusedPictureError("too_many_bytes")
    return bytes(picture)


async def _chunk_of(source: StreamReader | BodyPartReader) -> bytes:
    if isinstance(source, StreamReader):
        return await source.read(_CHUNK_BYTES)
    return await source.read_chunk(_CHUNK_BYTES)
