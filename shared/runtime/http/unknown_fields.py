"""Unknown fields and query parameters: errors, or warnings for ``Prefer: handling=lenient``."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

import pydantic_core
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from shared.contract.events import FieldError
from shared.runtime.http.calls import JSON, body_of, json_of, media_type_of, refuse_fields
from shared.runtime.http.openapi import LENIENT, Operation, operation_of
from shared.runtime.http.problem_details import PROBLEM

_Path: TypeAlias = tuple[str | int, ...]
_Unknown: TypeAlias = tuple[_Path, Collection[str]]  # with the names known in its place

_OBJECTS = (JSON, PROBLEM)
_MAX_ERRORS = 100
_MAX_ENTRIES = 1_000  # of a list; no body may have as many objects in one
_MAX_NAME_LENGTH = 100
_OPERATION = web.RequestKey("OPERATION", Operation)
_QUERY = web.RequestKey("QUERY", tuple[FieldError, ...])
_WARNINGS = web.RequestKey("WARNINGS", list[FieldError])  # of a lenient caller


@web.middleware
async def strict_fields(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse unknown parameters of our own routes; add the warnings of a lenient caller."""
    operation = operation_of(request.match_info.handler)
    if operation is None or operation.unknown == "ignored":
        return await handler(request)
    known = operation.query.keys()
    unknown = _errors(
        [((name,), known) for name in dict.fromkeys(request.query) if name not in known]
    )
    request[_OPERATION] = operation
    if is_lenient(request):
        warnings = request[_WARNINGS] = [*unknown]
        return _warned(await handler(request), warnings)
    if unknown and operation.unknown == "refused":
        return refuse_fields(*unknown).response
    request[_QUERY] = unknown
    return await handler(request)


async def state_preference(request: web.Request, response: web.StreamResponse) -> None:
    """Tell a lenient caller that the preference was applied."""
    if _WARNINGS in request:
        response.headers["Preference-Applied"] = LENIENT


def is_lenient(request: web.Request) -> bool:
    """Return True for ``Prefer: handling=lenient``; the first ``handling`` counts (RFC 7240)."""
    for preference in ",".join(request.headers.getall("Prefer", ())).split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "handling":
            return value.strip().strip('"').lower() == "lenient"
    return False


async def read_fields(request: web.Request) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON value of the body; RefusedError if it is none or has unknown fields."""
    value = json_of(await body_of(request))
    if unknown := unknown_fields(request, value):
        raise refuse_fields(*unknown)
    return value


def unknown_fields(request: web.Request, value: Any) -> Sequence[FieldError]:  # noqa: ANN401 - any JSON
    """Return an error for each unknown field of a body, and for each unknown parameter.

    There are none for a lenient caller, who gets them as warnings.
    """
    operation, media_type = request.get(_OPERATION), media_type_of(request)
    described = (operation.body, operation.form) if operation else ()
    bodies = [one for one in described if one and media_type in one.types]
    unknown = unknown_in(value, bodies[0].model) if bodies else ()
    if _WARNINGS in request:
        request[_WARNINGS] += unknown
        return ()
    return (*request.get(_QUERY, ()), *unknown)


def unknown_in(value: Any, type_: Any) -> Sequence[FieldError]:  # noqa: ANN401 - any JSON, any type
    """Return an error for each field of a JSON value that its type does not have, at most 100."""
    return _errors(_unknown(value, type_, ()))


def _unknown(value: Any, type_: Any, path: _Path) -> list[_Unknown]:  # noqa: ANN401 - as above
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _unknown(value, arguments[0], path)
    if origin in {Union, UnionType}:  # of several models, the one that the value fits best
        found = [_unknown(value, one, path) for one in arguments if one is not NoneType]
        return min(found, key=len)
    if isinstance(value, list) and arguments:
        entries = enumerate(islice(value, _MAX_ENTRIES))
        return [one for i, part in entries for one in _unknown(part, arguments[0], (*path, i))]
    if isinstance(value, dict) and isinstance(type_, type) and issubclass(type_, BaseModel):
        fields = {one.alias or name: one.annotation for name, one in type_.model_fields.items()}
        return [
            one
            for name, part in value.items()
            for one in (
                _unknown(part, fields[name], (*path, name))
                if name in fields
                else [((*path, name), fields.keys())]
            )
        ]
    return []


def _errors(unknown: Sequence[_Unknown]) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(
            field=".".join(_printable(str(part)) for part in path),
            code="unknown_field",
            message=_advice(_printable(str(path[-1])), known),
        )
        for path, known in unknown[:_MAX_ERRORS]
    )


def _advice(name: str, known: Collection[str]) -> str:
    by_folded = {one.casefold(): one for one in known}
    for nearest in get_close_matches(name.casefold(), by_folded, n=1):
        return f"Unknown: write {by_folded[nearest]}, or leave it out."
    return "Unknown: leave it out."


def _printable(name: str) -> str:
    return "".join(filter(str.isprintable, name[:_MAX_NAME_LENGTH]))


def _warned(response: web.StreamResponse, warnings: Sequence[FieldError]) -> web.StreamResponse:
    """Add warnings to a JSON object; every other response stays as it is."""
    media_type = response.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0]
    if isinstance(response, web.Response) and media_type in _OBJECTS:
        body = response.body
        response.body = with_warnings(body, warnings) if isinstance(body, bytes) else body
    return response


def with_warnings(body: bytes, warnings: Sequence[FieldError]) -> bytes:
    """Return a JSON object that is not empty with warnings, if there are any."""
    more = pydantic_core.to_json(warnings)
    return b'%b,"warnings":%b}' % (body[:-1], more) if warnings else body
