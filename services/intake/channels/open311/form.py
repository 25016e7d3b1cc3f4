"""The form of a call: urlencoded, or multipart with pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from services.intake.channels.open311.errors import bad_request
from services.intake.channels.open311.schema import MAX_PICTURES
from services.intake.rules.media import MAX_BYTES, RefusedPictureError
from shared.runtime.http.body import read_body
from shared.runtime.http.body_memory import BodyBuffer
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.forms import MULTIPART, BodyTooLargeError, NoFormError, read_parts
from shared.runtime.http.headers import media_type_of

PICTURE_FIELDS = frozenset({"media", "media[]"})
_MAX_FIELDS = 500


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and pictures of a form.

    Attributes:
        fields: Name and text of each field.
        pictures: The bytes of each picture; none is empty.
    """

    fields: Sequence[tuple[str, str]]
    pictures: Sequence[bytes] = ()


def has_pictures(request: web.Request) -> bool:
    """Return True for a form that may hold pictures."""
    return media_type_of(request) == MULTIPART


async def read_form(request: web.Request, buffer: BodyBuffer | None = None) -> Form:
    """Return the form in the body of a request; it is empty without a body.

    Args:
        request: The request.
        buffer: As for ``read_parts``.

    Raises:
        Open311Error: It is no form in UTF-8, or has too many fields or pictures.
        RefusedError: The bytes were dropped from the buffer, or it is a stranger's, and compressed
            or without room for it.
        RefusedPictureError: It has more than 10 MiB with its pictures.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
        web.HTTPRequestEntityTooLarge: It has more than 1 MiB without pictures.
    """
    if has_pictures(request):
        return await _read_multipart(request, buffer)
    if media_type_of(request) != URLENCODED and request.can_read_body:
        raise bad_request(f"Send Content-Type: {URLENCODED}, or {MULTIPART} with pictures.")
    return Form(parse_urlencoded(await read_body(request)))


def parse_urlencoded(body: bytes) -> list[tuple[str, str]]:
    """Return names and values of ``application/x-www-form-urlencoded`` in UTF-8.

    Raises:
        Open311Error: It is none, or has more than 500 fields.
    """
    try:
        return parse_qsl(body.decode(), errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise bad_request(f"Send a form in UTF-8 with at most {_MAX_FIELDS} fields.") from None


async def _read_multipart(request: web.Request, buffer: BodyBuffer | None) -> Form:
    try:
        parts = await read_parts(
            request,
            max_bytes=MAX_BYTES,
            max_parts=_MAX_FIELDS + MAX_PICTURES + 1,
            buffer=buffer,
        )
        form = Form(
            [(one.name, one.content.decode()) for one in parts if one.name not in PICTURE_FIELDS],
            [one.content for one in parts if one.name in PICTURE_FIELDS and one.content],
        )
    except UnicodeDecodeError:
        raise bad_request("Send texts in UTF-8, and pictures in the field media.") from None
    except BodyTooLargeError:
        raise RefusedPictureError("too_many_bytes") from None
    except NoFormError:
        advice = f"Send {MULTIPART} with a boundary and at most {_MAX_FIELDS} fields."
        raise bad_request(advice) from None
    _require_few(form.fields, form.pictures)
    return form


def _require_few(fields: Sequence[object], pictures: Sequence[object]) -> None:
    if len(pictures) > MAX_PICTURES:
        raise bad_request(f"media: send at most {MAX_PICTURES} pictures.")
    if len(fields) > _MAX_FIELDS:
        raise bad_request(f"Send a form with at most {_MAX_FIELDS} fields.")
