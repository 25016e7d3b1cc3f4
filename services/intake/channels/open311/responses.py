"""Responses in the format that a call asked for, errors included."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import web
from pydantic import BaseModel

from services.intake.channels.open311.errors import Open311Error, error_of_problem
from services.intake.channels.open311.representation import (
    CONTENT_TYPE,
    Format,
    Open311Document,
    encode_document,
)
from shared.errors import SystemicError, TransientError
from shared.runtime.cooperative import in_turns
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import database_unavailable
from shared.runtime.http.problem_details import NOSNIFF

_ENTRIES_AT_ONCE = 25
"""In XML some 2 ms."""
_UNAVAILABLE = "We cannot answer at the moment. Try again, with the same Idempotency-Key."


@dataclass(frozen=True, slots=True)
class Page:
    """A document and more headers of its response."""

    document: Open311Document
    headers: dict[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[web.Request], Awaitable[Page]]


def answered(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the aiohttp handler that sends what a handler returns or raises."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.Response:
        try:
            page = await handler(request)
        except Open311Error as error:
            return _error_response(request, error)
        except RefusedError as refused:
            problem = refused.response
        except (SystemicError, TransientError, TimeoutError) as error:
            problem = database_unavailable(_UNAVAILABLE, error)
        except web.HTTPError as unread:
            response = _error_response(
                request, error_of_problem(unread.status, None, unread.headers)
            )
            if unread.keep_alive is not None:
                response.force_close()
            return response
        else:
            output = format_of(request)
            return _with_body(await _encoded(page.document, output), output, page.headers)
        return translated(problem, format_of(request))

    return answer


def translated(problem: web.Response, output: Format) -> web.Response:
    """Return problem details as an error of Open311."""
    error = error_of_problem(problem.status, problem.body, problem.headers)
    return _response(output, error.status, _page_of(error))


def refused(allowed: str | None = None) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a handler for what does not exist, or for methods other than the allowed ones."""

    async def refuse(request: web.Request) -> web.Response:
        if allowed is None:
            text = "There is nothing at this address. Begin with /open311/v2/discovery.xml."
            return _error_response(request, Open311Error(HTTPStatus.NOT_FOUND, [text]))
        text, headers = f"Use {allowed} here.", {"Allow": allowed}
        status = HTTPStatus.METHOD_NOT_ALLOWED
        return _error_response(request, Open311Error(status, [text], headers))

    return refuse


def format_of(request: web.Request) -> Format:
    """Return the format by the suffix; XML, which everybody reads, where there is none."""
    return "json" if request.path.endswith(".json") else "xml"


def _error_response(request: web.Request, error: Open311Error) -> web.Response:
    return _response(format_of(request), error.status, _page_of(error))


def _page_of(error: Open311Error) -> Page:
    return Page(error.document(), dict(error.headers))


def _response(output: Format, status: int, page: Page) -> web.Response:
    return _with_body(encode_document(page.document, output), output, page.headers, status)


async def _encoded(document: Open311Document, output: Format) -> bytes:
    """Return the document in UTF-8; others have their turns while a long list is encoded."""
    content = document.content
    if isinstance(content, BaseModel) or len(content) <= _ENTRIES_AT_ONCE:
        return encode_document(document, output)

    def encode(first: int) -> bytes:
        entries = content[first : first + _ENTRIES_AT_ONCE]
        return encode_document(Open311Document(document.name, entries), output)

    parts = await in_turns(encode, range(0, len(content), _ENTRIES_AT_ONCE))
    begin, end = (b"[", b"]") if output == "json" else _tags(document.name)
    first, _, rest = parts[0].partition(begin)
    entries = [rest.removesuffix(end)]
    entries += [part.partition(begin)[2].removesuffix(end) for part in parts[1:]]
    return first + begin + (b", " if output == "json" else b"").join(entries) + end


def _tags(name: str) -> tuple[bytes, bytes]:
    return f"<{name}>".encode(), f"</{name}>".encode()


def _with_body(
    body: bytes, output: Format, headers: Mapping[str, str], status: int = HTTPStatus.OK
) -> web.Response:
    sent = {"Content-Type": CONTENT_TYPE[output], **NOSNIFF, **headers}
    return web.Response(status=status, body=body, headers=sent)
