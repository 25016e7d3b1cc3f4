"""Forms with pictures, ``multipart/form-data`` (RFC 7578), in time linear in their bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from services.intake.rules.media import RefusedPictureError
from shared.runtime.http.body import body_deadline

MULTIPART = "multipart/form-data"
_CHUNK_BYTES = 64 * 1024


class NoFormError(ValueError):
    """The body is no form, is cut off, or has more parts than are read."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form: its name and its bytes."""

    name: str
    content: bytes


async def read_parts(request: web.Request, *, max_bytes: int, max_parts: int) -> Sequence[Part]:
    """Return the fields of the form in the body of a request, in order.

    Args:
        request: The request; its content type is ``MULTIPART``.
        max_bytes: The largest body, boundaries included.
        max_parts: The largest number of fields.

    Raises:
        NoFormError: It cannot be read.
        RefusedPictureError: It has more bytes.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    _, options = parse_options_header(request.headers["Content-Type"])
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=max_parts)
        names: list[str] = []
        contents: list[bytes] = []
        for event in parser.parse(await read_at_most(request, max_bytes)):
            if isinstance(event, MultipartSegment):
                names.append(event.name or "")
                contents.append(b"")
            elif event:
                contents[-1] += bytes(event)
        parser.close()
    except (MultipartError, ValueError) as error:
        raise NoFormError(str(error)) from None
    return [Part(name, content) for name, content in zip(names, contents, strict=True)]


async def read_at_most(request: web.Request, max_bytes: int) -> bytes:
    """Return the body of a request.

    Args:
        request: The request.
        max_bytes: The largest body.

    Raises:
        RefusedPictureError: It has more bytes than that.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    if (request.content_length or 0) > max_bytes:
        raise RefusedPictureError("too_many_bytes")
    body = bytearray()
    async with body_deadline(request):
        while chunk := await request.content.read(_CHUNK_BYTES):
            body += chunk
            if len(body) > max_bytes:
                raise RefusedPictureError("too_many_bytes")
    return bytes(body)
