"""The picture in the body of a request: the body itself, or the field ``file`` of a form."""

from email.message import Message
from email.parser import BytesHeaderParser

from aiohttp import web

from services.intake.http.callers import RefusedError
from services.intake.rules.media import MAX_BYTES, RefusedPictureError
from shared.contract.events import FieldError
from shared.runtime.http.body import body_deadline
from shared.runtime.http.problem_details import problem_response

_FORM = "multipart/form-data"
_FIELD = "file"
_OTHER_BYTES = 64 * 1024
"""Boundaries and other fields of a form."""
_MAX_FIELDS = 20
_MAX_HEAD_BYTES = 1024
_CHUNK_BYTES = 64 * 1024
_NO_FILE = FieldError(
    field=_FIELD, code="missing_file", message="Send the picture as the field file of the form."
)
_HEADS = BytesHeaderParser()


async def read_picture(request: web.Request) -> bytes:
    """Return the bytes of the picture; they may be none.

    Raises:
        RefusedPictureError: It has more bytes than are taken.
        RefusedError: It is a form that cannot be read, or has no field ``file``.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    if request.content_type != _FORM:
        return bytes(await _read_at_most(request, MAX_BYTES))
    body = await _read_at_most(request, MAX_BYTES + _OTHER_BYTES)
    try:
        picture = _file_of(body, request.headers["Content-Type"])
    except ValueError:
        advice = (
            f"Send multipart/form-data with a boundary and at most {_MAX_FIELDS} fields, or the "
            "picture alone as the body."
        )
        raise RefusedError(problem_response(400, "Not a form", advice)) from None
    if picture is None:
        advice = "Mend what is named under errors and send it again."
        raise RefusedError(problem_response(422, "Not acceptable", advice, errors=[_NO_FILE]))
    if len(picture) > MAX_BYTES:
        raise RefusedPictureError("too_many_bytes")
    return picture


def _file_of(form: bytes | bytearray, content_type: str) -> bytes | None:
    """Return the first field ``file`` of a form (RFC 7578); None without one.

    The form is searched for boundaries and never read by lines, so that its shape costs no time.

    Raises:
        ValueError: It is no form, is cut off, or has more fields than are read.
    """
    described = Message()
    described["Content-Type"] = content_type
    boundary = b"--" + (described.get_boundary() or "").encode("ascii")
    if boundary == b"--" or not form.startswith(boundary):
        raise ValueError("no boundary at the beginning")
    at = len(boundary)
    for _ in range(_MAX_FIELDS):
        if form.startswith(b"--", at):
            return None
        head_end = form.find(b"\r\n\r\n", at, at + _MAX_HEAD_BYTES)
        end = form.find(b"\r\n" + boundary, head_end + 2)
        if head_end < 0 or end < 0:
            raise ValueError("a field has no end")
        head = _HEADS.parsebytes(bytes(form[at:head_end]).lstrip())
        if head.get_param("name", header="Content-Disposition") == _FIELD:
            return bytes(form[head_end + 4 : end])
        at = end + 2 + len(boundary)
    raise ValueError("too many fields")


async def _read_at_most(request: web.Request, most: int) -> bytearray:
    if (request.content_length or 0) > most:
        raise RefusedPictureError("too_many_bytes")
    body = bytearray()
    async with body_deadline(request):
        while chunk := await request.content.read(_CHUNK_BYTES):
            body += chunk
            if len(body) > most:
                raise RefusedPictureError("too_many_bytes")
    return body
