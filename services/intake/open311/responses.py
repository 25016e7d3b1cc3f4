"""Responses in the format that a call asked for, errors included."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import web

from services.intake.open311.errors import Open311Error, error_of_problem
from services.intake.open311.representation import (
    CONTENT_TYPE,
    Format,
    Open311Document,
    encode_document,
)
from shared.errors import SystemicError, TransientError
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import database_unavailable

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
            return _response(format_of(request), HTTPStatus.OK, page)
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
    headers = {"Content-Type": CONTENT_TYPE[output], "X-Content-Type-Options": "nosniff"}
    body = encode_document(page.document, output)
    return web.Response(status=status, body=body, headers=headers | page.headers)
