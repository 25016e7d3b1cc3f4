"""Error responses as RFC 9457 problem details, and their logging."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.typedefs import Handler
from typing_extensions import override

from shared.contract.events import FieldError
from shared.runtime.http.connections import MAX_LINE_BYTES
from shared.runtime.ops.tracebacks import frames_of

log = structlog.get_logger()

NOSNIFF: Mapping[str, str] = MappingProxyType({"X-Content-Type-Options": "nosniff"})
PROBLEM = "application/problem+json"
_OWN_HEADERS = ("Content-Type", "Content-Length")
_FRAMES = 12
_FAILED = "http_request_failed"
_NO_CRASHES = (web.HTTPException, web.RequestPayloadError, ConnectionError)


def problem_response(  # noqa: PLR0913 - the members of a problem
    status: int,
    title: str,
    detail: str,
    *,
    code: str | None = None,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an ``application/problem+json`` response.

    Args:
        title: The kind of problem; the same text for the same kind.
        detail: Description of the error and its remedy, without any value of the request.
    """
    body = problem(status, title, detail, code=code, errors=errors)
    sent = {**NOSNIFF, **(headers or {})}
    return web.json_response(body, status=status, content_type=PROBLEM, headers=sent)


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    code: str | None = None,
    errors: Sequence[FieldError] = (),
) -> dict[str, Any]:
    """Return the members of a problem; see ``problem_response``."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body |= {"code": code} if code else {}
    return body | ({"errors": [error.model_dump() for error in errors]} if errors else {})


@web.middleware
async def unreadable_bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Respond 400 to a body that contradicts its headers, such as invalid gzip."""
    try:
        return await handler(request)
    except web.RequestPayloadError:
        raise web.HTTPBadRequest from None


class ProblemDetailsConnection(web.RequestHandler):
    """A connection whose errors outside of any handler are problem details, too.

    These are a 400 for bytes that are not HTTP, and a 500 for an exception in a handler. aiohttp
    logs such errors with the bytes that caused them; this logs types and places in the code.
    """

    __slots__ = ()

    @override
    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the response; aiohttp's own errors get problem details."""
        explained = _explained(resp) if isinstance(resp, web.HTTPError) else resp
        return await super().finish_response(request, explained, start_time)

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log an error of ours; return a response that closes the connection.

        aiohttp's text in ``message`` is not used, since it can quote the request.

        Raises:
            ConnectionError: A part of another response was sent already.
        """
        if isinstance(exc, LineTooLong):
            too_long_target = exc.args[1] == MAX_LINE_BYTES
            status = 414 if too_long_target else 431
        elif isinstance(exc, UnicodeEncodeError) and _expects_no_text(request):
            status = HTTPStatus.EXPECTATION_FAILED
        is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if is_ours and not isinstance(exc, ConnectionError):  # a caller that left is no error
            _log_error(_FAILED, exc, status=status)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the response was sent already")
        response = problem_of_status(status)
        response.force_close()
        return response

    @override
    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log an error outside of a request, such as in an unread rest of a body."""
        error = kw.get("exc_info")
        if not isinstance(error, web.RequestPayloadError | ConnectionError):
            _log_error("http_connection_failed", error)


def is_browser(request: web.Request) -> bool:
    """Return True for a caller that reads pages."""
    return "text/html" in request.headers.get("Accept", "")


def log_crash(request: web.Request, error: Exception) -> None:
    """Log a crash that a browser gets a page about; raise what is none, and that of a program."""
    if isinstance(error, _NO_CRASHES) or not is_browser(request):
        raise error
    _log_error(_FAILED, error, status=500)


def _expects_no_text(request: web.BaseRequest) -> bool:
    """Return True for an ``Expect`` that is not UTF-8, which aiohttp's 417 fails to quote."""
    return any("\udc80" <= character <= "\udcff" for character in request.headers.get("Expect", ""))


def _explained(error: web.HTTPError) -> web.Response:
    """Return an error such as 404, 405, 413 or 417 with problem details.

    Its headers stay, such as ``Allow`` of a 405. aiohttp's texts are not used, since some quote
    the request.
    """
    headers = {name: v for name, v in error.headers.items() if name not in _OWN_HEADERS}
    response = problem_of_status(error.status, headers)
    if error.keep_alive is not None:
        response.force_close()
    return response


def problem_of_status(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return problem details with the standard description of an HTTP status."""
    known = HTTPStatus(status)
    detail = known.description or known.phrase
    return problem_response(status, known.phrase, f"{detail}.", headers=headers)


def _log_error(event: str, error: object, **more: int) -> None:
    """Log type and place of an error, and not its text, which can quote the request."""
    at = frames_of(error, _FRAMES) if isinstance(error, BaseException) else []
    log.error(event, error=type(error).__name__, at=at, **more)
