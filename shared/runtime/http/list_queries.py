"""Query parameters of lists: limits and cursors. One response names all errors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import aiohttp
import pydantic_core
from aiohttp import web
from pydantic import Field

from shared.contract.events import FieldError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import refuse_fields
from shared.runtime.http.openapi import Parameter, problem
from shared.runtime.http.problem_details import problem_response

_BAD_CURSOR = "bad_cursor"
_CURSOR_ADVICE = "Send next of an earlier page as after, or omit it to start over."
DEFAULT_LIMIT = 100
MAX_LIMIT = 500
PAGE: Mapping[str, Parameter] = {
    "after": Parameter("Cursor: next of the previous page. Without it the list starts over."),
    "limit": Parameter(
        f"Maximum entries; {DEFAULT_LIMIT} by default.",
        Annotated[int, Field(ge=1, le=MAX_LIMIT)],
    ),
}
BAD_CURSOR = {400: problem("The cursor is invalid for this list.")}
BAD_QUERY = {422: problem("A parameter is out of bounds; errors name it.")}

CursorList: TypeAlias = Literal["events", "deliveries", "cases", "surges", "messages", "letters"]

_MAX_NUMBER: Mapping[CursorList, int] = {
    "events": 2**63 - 1,
    "deliveries": 2**63 - 1,
    "cases": 2**128 - 1,
    "surges": 2**63 - 1,
    "messages": 2**128 - 1,
    "letters": 2**63 - 1,
}


def number_in(  # noqa: PLR0913, PLR0917 - the bounds of one parameter
    request: web.Request, name: str, default: int, least: int, most: int, faults: list[FieldError]
) -> int:
    """Return a whole number of the query, or its default; an error is added to ``faults``."""
    text = request.query.get(name, f"{default}")
    if text.isascii() and text.isdigit() and len(text) <= len(f"{most}"):
        number = int(text)
        if least <= number <= most:
            return number
    message = f"Write a whole number from {least} to {most}."
    faults.append(FieldError(field=name, code=f"bad_{name}", message=message))
    return default


def position_in(
    request: web.Request,
    of: CursorList,
    bureau: str,
    faults: list[FieldError],
    otherwise: int = 0,
) -> int:
    """Return the number of the entry after which a page begins.

    A cursor that is invalid, or for another list or bureau, is added to ``faults``; without a valid
    one the number is ``otherwise``.
    """
    cursor = request.query.get("after")
    if cursor is None:
        return otherwise
    number = decode_cursor(of, bureau, cursor)
    if number is None:
        faults.append(FieldError(field="after", code=_BAD_CURSOR, message=_CURSOR_ADVICE))
        return otherwise
    return number


def refuse_faults(faults: Sequence[FieldError]) -> None:
    """Raise RefusedError for errors: 400 for a bad cursor alone, else 422 that names each."""
    if [fault.code for fault in faults] == [_BAD_CURSOR]:
        raise RefusedError(problem_response(400, "Bad cursor", _CURSOR_ADVICE, code=_BAD_CURSOR))
    if faults:
        raise refuse_fields(*faults)


def encode_cursor(of: CursorList, bureau: str, number: int) -> str:
    """Return the cursor after an entry of a bureau's list."""
    return urlsafe_b64encode(f"{of}:{bureau}:{number}".encode()).decode().rstrip("=")


def decode_cursor(of: CursorList, bureau: str, cursor: str) -> int | None:
    """Return the number of an entry; None for a cursor of another list or bureau."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        number = int(urlsafe_b64decode(padded).decode("ascii").rpartition(":")[2])
    except ValueError:
        return None
    is_known = 0 <= number <= _MAX_NUMBER[of] and encode_cursor(of, bureau, number) == cursor
    return number if is_known else None


async def read_json(response: aiohttp.ClientResponse, most_bytes: int) -> Any:  # noqa: ANN401 - anything may come from outside
    """Return the JSON value of a response.

    Raises:
        ValueError: It is longer than ``most_bytes``, is no JSON, or is nested too deeply.
        aiohttp.ClientError: The connection broke.
        TimeoutError: It did not arrive in time.
    """
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > most_bytes:
            raise ValueError("too long an answer")
    return pydantic_core.from_json(body)
