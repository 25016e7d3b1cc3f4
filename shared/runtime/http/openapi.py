"""OpenAPI 3.1 document of a service, from its routes and the models that they name."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

H = TypeVar("H", bound=Callable[..., Any])

PATH = "/openapi.json"
_VERSION = "3.1.0"
_REFERENCE = "#/components/schemas/{model}"
_KEY = {"type": "http", "scheme": "bearer"}
_VARIABLE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_OPERATIONS: WeakKeyDictionary[Callable[..., Any], "Operation"] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Content:
    """A body that is sent or received.

    Attributes:
        description: What it is.
        types: Its content types.
        model: A pydantic model, or a type made of some; None for a text or for no body.
    """

    description: str
    types: tuple[str, ...] = ()
    model: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """Description of a route.

    Attributes:
        summary: One sentence.
        responses: Responses by status.
        body: The body that it reads; None for none.
        form: The same as a form; None for none.
        query: Optional parameters of the query, with a description of each.
        headers: Optional headers, with a description of each.
        needs_key: True when it wants an adapter's key.
    """

    summary: str
    responses: Mapping[int, Content]
    body: Content | None = None
    form: Content | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    needs_key: bool = False


def documents(handler: H, operation: Operation) -> H:
    """Say what a handler does; return the handler."""
    _OPERATIONS[handler] = operation
    return handler


def openapi_route(title: str, routes: Sequence[web.AbstractRouteDef]) -> web.RouteDef:
    """Return the route of the document about those of some routes whose handlers say what they do.

    Args:
        title: Name of the service.
        routes: Its routes.
    """

    @cache
    def encoded() -> bytes:  # not at start: schemas take time to make
        return json.dumps(openapi_document(title, routes)).encode()

    async def get(_: web.Request) -> web.Response:
        return web.Response(body=encoded(), content_type="application/json")

    return web.get(PATH, get)


def openapi_document(title: str, routes: Sequence[web.AbstractRouteDef]) -> dict[str, Any]:
    """Return the document; the arguments are those of ``openapi_route``."""
    told = [
        (route, operation)
        for route in routes
        if isinstance(route, web.RouteDef) and (operation := _OPERATIONS.get(route.handler))
    ]
    schemas, definitions = _schemas([operation for _, operation in told])
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in told:
        path = _VARIABLE.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _described(route, operation, schemas)
    return {
        "openapi": _VERSION,
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": definitions, "securitySchemes": {"key": _KEY}},
    }


def _schemas(
    operations: Sequence[Operation],
) -> tuple[dict[tuple[int, str], Any], dict[str, Any]]:
    """Return the schema of each content by its identity, and the definitions that they name."""
    contents: list[tuple[JsonSchemaMode, Content | None]] = []
    for operation in operations:
        contents += [("validation", operation.body), ("validation", operation.form)]
        contents += [("serialization", content) for content in operation.responses.values()]
    inputs = [
        (id(content), mode, TypeAdapter(content.model))
        for mode, content in contents
        if content and content.model is not None
    ]
    schemas, common = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
    found = {key: schema for (key, _), schema in schemas.items()}
    return found, common.get("$defs", {})  # type: ignore[return-value]


def _described(
    route: web.RouteDef, operation: Operation, schemas: Mapping[Any, Any]
) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(pattern)}
        for name, pattern in _VARIABLE.findall(route.path)
    ]
    for place, named in (("query", operation.query), ("header", operation.headers)):
        parameters += [
            {"name": name, "in": place, "description": text, "schema": {"type": "string"}}
            for name, text in named.items()
        ]
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {
            str(status): {"description": one.description, "content": _content(one, schemas)}
            for status, one in operation.responses.items()
        },
    }
    if body := operation.body:
        described["requestBody"] = {
            "description": body.description,
            "required": True,
            "content": _content(body, schemas) | _content(operation.form, schemas),
        }
    if operation.needs_key:
        described["security"] = [{"key": []}]
    return described


def _path_schema(pattern: str) -> dict[str, Any]:
    if re.fullmatch(r"\w+(\|\w+)+", pattern):
        return {"type": "string", "enum": pattern.split("|")}
    return {"type": "string"}


def _content(content: Content | None, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    if content is None:
        return {}
    schema = schemas.get(id(content), {"type": "string"})
    return {content_type: {"schema": schema} for content_type in content.types}


class ProblemDetails(BaseModel):
    """An error as RFC 9457 problem details.

    Attributes:
        type: Always ``about:blank``.
        title: The kind of problem.
        status: The HTTP status.
        detail: What is wrong and what the caller can do.
        code: The kind of problem, for programs.
        errors: The invalid fields.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    errors: list[dict[str, str]] | None = None


class Health(BaseModel):
    """The health of a service.

    Attributes:
        status: ``live``, ``ready`` or ``not ready``.
        reason: Why it is not ready.
    """

    status: str
    reason: str | None = None


def problem(description: str) -> Content:
    """Return the content of an error."""
    return Content(description, ("application/problem+json",), ProblemDetails)
