"""Error responses as RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler
from typing_extensions import override

from shared.contract.events import FieldError

_OWN_HEADERS = ("Content-Type", "Content-Length")


def problem_response(
    status: int,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an ``application/problem+json`` response.

    Args:
        status: The HTTP status.
        title: The kind of problem; the same text for the same kind.
        detail: What is wrong and what the caller can do, without any value of the request.
        errors: The invalid fields.
        headers: More headers, such as ``Retry-After``.
    """
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body |= {"errors": [error.model_dump() for error in errors]} if errors else {}
    return web.json_response(
        body, status=status, content_type="application/problem+json", headers=headers
    )


@web.middleware
async def problem_details(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn aiohttp's own errors, such as 404, 405 and 413, into problem details.

    Their headers stay, such as ``Allow`` of a 405. aiohttp's texts are not used, since some quote
    the request.
    """
    try:
        return await handler(request)
    except web.HTTPError as error:
        headers = {name: v for name, v in error.headers.items() if name not in _OWN_HEADERS}
        return _of_status(error.status, headers)


class ProblemDetailsConnection(web.RequestHandler):
    """A connection whose errors outside of any handler are problem details, too.

    These are a 400 for bytes that are not HTTP, and a 500 for an exception in a handler.
    """

    __slots__ = ()

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log the error as aiohttp does; return a response that closes the connection.

        Args:
            request: The request, as far as it was parsed.
            status: The HTTP status.
            exc: The exception, for the log.
            message: aiohttp's text, which is not used, since it can quote the request.
        """
        super().handle_error(request, status, exc, message)
        response = _of_status(status, {})
        response.force_close()
        return response


def _of_status(status: int, headers: Mapping[str, str]) -> web.Response:
    known = HTTPStatus(status)
    detail = known.description or known.phrase
    return problem_response(status, known.phrase, f"{detail}.", headers=headers)
