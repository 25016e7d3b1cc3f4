"""The picture in the body of a request: the body itself, or the field ``file`` of a form."""

from aiohttp import web

from services.intake.rules.media import MAX_BYTES, RefusedPictureError
from shared.contract.events import FieldError
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.forms import (
    MULTIPART,
    BodyTooLargeError,
    NoFormError,
    read_at_most,
    read_parts,
)
from shared.runtime.http.headers import media_type_of
from shared.runtime.http.problem_details import problem_response

_FIELD = "file"
_OTHER_BYTES = 64 * 1024
"""Boundaries and other fields of a form."""
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
    picture = next((part.content for part in parts if part.name == _FIELD), None)
    if picture is None:
        advice = "Mend what is named under errors and send it again."
        raise RefusedError(problem_response(422, "Not acceptable", advice, errors=[_NO_FILE]))
    if len(picture) > MAX_BYTES:
        raise RefusedPictureError("too_many_bytes")
    return picture
