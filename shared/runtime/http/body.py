"""Request bodies: deadline, maximum size, compression, and multipart forms."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web
from multipart import MultipartSegment, PushMultipartParser, parse_options_header
from yarl import URL

from shared.runtime.http.authentication import RefusedError, is_known
from shared.runtime.http.body_memory import BodyBuffer, begin_body
from shared.runtime.http.connections import HTTP_LIMITS
from shared.runtime.http.problem_details import problem_response

_REPLACEMENT = "\ufffd"  # stands for bytes that are not UTF-8


async def read_body(request: web.Request, max_bytes: int | None = None) -> bytes:
    """Return the whole body; that of a caller without a key counts in the body memory.

    Raises:
        RefusedError: A caller without a valid key compressed it, or there is no room for it.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
        web.HTTPRequestEntityTooLarge: It is larger than ``max_bytes``, or the server's default.
    """
    _refuse_coding(request)
    most = max_bytes or request.client_max_size
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most)
    buffer = None if is_known(request) else begin_body(request)
    content = buffer.content if buffer else bytearray()
    extend = buffer.extend if buffer else content.extend
    came_with_head = request.content.is_eof()  # as most do: no timer
    async with nullcontext() if came_with_head else body_deadline(request):
        while chunk := await request.content.readany():
            if len(content) + len(chunk) > most:
                raise web.HTTPRequestEntityTooLarge(most)
            extend(chunk)
    return buffer.take() if buffer else bytes(content)


@asynccontextmanager
async def body_deadline(
    request: web.Request, within_s: float | None = None
) -> AsyncGenerator[None]:
    """Limit the time in which a block reads the body, by default to that of the server.

    Raises:
        RefusedError: A caller without a valid key compressed it.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    _refuse_coding(request)
    try:
        async with asyncio.timeout(within_s or request.app[HTTP_LIMITS].body_s):
            yield
    except TimeoutError:
        late = web.HTTPRequestTimeout()
        late.force_close()
        raise late from None


def _refuse_coding(request: web.Request) -> None:
    """Refuse a compressed body of a stranger: 1 kB on the wire would become 1 MiB."""
    if "Content-Encoding" in request.headers and not is_known(request):
        detail = "Send the body without Content-Encoding, or with an API key."
        raise RefusedError(problem_response(415, "Content-Encoding not accepted", detail))


MULTIPART = "multipart/form-data"
_CHUNK_BYTES = 64 * 1024

# The head of a field, or the next bytes of the last one.
FormEvent: TypeAlias = MultipartSegment | bytes


class BodyTooLargeError(Exception):
    """The body is larger than its route accepts."""


class NoFormError(ValueError):
    """The body is no form, is truncated, or has too many fields."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form: its name and its bytes."""

    name: str
    content: bytes


def values_by_name(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return every value of each name, in order and without blank ones."""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if text := value.strip():
            values[name] = (*values.get(name, ()), text)
    return values


def fields_of(
    starts: Sequence[tuple[str, int]], content: bytes | bytearray
) -> Iterator[tuple[str, bytes | bytearray]]:
    """Yield name and bytes of each field, from their start offsets in the content."""
    ends = [start for _, start in starts[1:]] + [len(content)]
    for (name, start), end in zip(starts, ends, strict=False):
        yield name, content[start:end]


async def read_parts(
    request: web.Request, *, max_bytes: int, max_parts: int, buffer: BodyBuffer | None = None
) -> Sequence[Part]:
    """Return the fields of a multipart form, in order.

    Args:
        max_bytes: Maximum size of the body, boundaries included.
        buffer: Holds the bytes of a caller without a key; None for memory without a limit.

    Raises:
        NoFormError: It cannot be parsed.
        RefusedError: The bytes were dropped from the buffer.
        BodyTooLargeError: It is larger than ``max_bytes``.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    content = buffer.content if buffer else bytearray()
    extend = buffer.extend if buffer else content.extend
    starts: list[tuple[str, int]] = []

    def take(event: FormEvent) -> None:
        if isinstance(event, MultipartSegment):
            starts.append((event.name or "", len(content)))
        else:
            extend(event)

    await receive_form(request, take, max_bytes=max_bytes, max_parts=max_parts)
    if buffer:
        buffer.keep()
    return [Part(name, bytes(part)) for name, part in fields_of(starts, content)]


async def receive_form(
    request: web.Request,
    take: Callable[[FormEvent], None],
    *,
    max_bytes: int,
    max_parts: int,
    within_s: float | None = None,
) -> None:
    """Pass each field's head, then its bytes, to ``take`` as they arrive; errors as ``read_parts``.

    Args:
        max_bytes: Maximum size of the body, boundaries included.
        within_s: Deadline in seconds; None for that of every body.
    """
    _, options = parse_options_header(request.headers["Content-Type"])
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=max_parts)

        def parse(chunk: bytes) -> None:
            for event in parser.parse(chunk):
                if event is not None:
                    take(event)

        await _receive(request, parse, max_bytes, within_s)
        parser.close()
    except ValueError as error:
        raise NoFormError(str(error)) from None


async def read_at_most(request: web.Request, max_bytes: int) -> bytes:
    """Return the body; BodyTooLargeError beyond the limit, HTTPRequestTimeout when late."""
    body = bytearray()
    await _receive(request, body.extend, max_bytes)
    return bytes(body)


async def _receive(
    request: web.Request,
    take: Callable[[bytes], None],
    max_bytes: int,
    within_s: float | None = None,
) -> None:
    if (request.content_length or 0) > max_bytes:
        raise BodyTooLargeError
    received = 0
    async with body_deadline(request, within_s):
        while chunk := await request.content.read(_CHUNK_BYTES):
            received += len(chunk)
            if received > max_bytes:
                raise BodyTooLargeError
            take(chunk)


def urlencoded_fields(body: bytes, most: int) -> list[tuple[str, str]]:
    """Decode ``application/x-www-form-urlencoded``: names and values in order, blank ones too.

    yarl decodes fifteen times as fast as the standard library, whose 3 ms for 64 KiB would stop
    the event loop.

    Args:
        most: The largest number of fields.

    Raises:
        ValueError: It is not UTF-8, or has more fields.
    """
    text = body.decode()
    if text.count("&") >= most:
        raise ValueError("too many fields")
    fields = list(URL.build(query_string=text, encoded=True).query.items())
    replaced = sum(part.count(_REPLACEMENT) for field in fields for part in field)
    if replaced and replaced > text.count(_REPLACEMENT) + body.upper().count(b"%EF%BF%BD"):
        raise ValueError("not UTF-8")
    return fields
