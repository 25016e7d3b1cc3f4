"""Errors over HTTP, as RFC 9457 says."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from shared.contract.events import FieldError


def problem_response(
    status: int,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an ``application/problem+json`` answer.

    Args:
        status: The HTTP status.
        title: What kind of problem it is; the same text for the same kind.
        detail: What is wrong this time and what to do about it, without any value handed in.
        errors: Each field at fault.
        headers: More headers, such as ``Retry-After``.
    """
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body |= {"errors": [fault.model_dump() for fault in errors]} if errors else {}
    return web.json_response(
        body, status=status, content_type="application/problem+json", headers=headers
    )
