"""OpenAPI 3.1 document of a service, from its routes and the models that they name."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from aiohttp import web
from pydantic import BaseModel, Field, PositiveInt, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema
from typing_extensions import override

from shared.contract.events import Data, FieldError

H = TypeVar("H", bound=Callable[..., Any])

SecurityScheme: TypeAlias = Literal["adapter", "bureau", "operator", "api_key"]
PATH = "/openapi.json"
LENIENT = "handling=lenient"
_VERSION = "3.1.0"
_REFERENCE = "#/components/schemas/{model}"
_SCHEMES: Mapping[SecurityScheme, Mapping[str, str]] = {
    "adapter": {"type": "http", "scheme": "bearer", "description": "An adapter's key."},
    "bureau": {"type": "http", "scheme": "bearer", "description": "A bureau's key."},
    "operator": {"type": "http", "scheme": "bearer", "description": "An operator's key."},
    "api_key": {
        "type": "apiKey",
        "in": "query",
        "name": "api_key",
        "description": "An adapter's key, also accepted as a form field.",
    },
}
_VARIABLE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_OPERATIONS: WeakKeyDictionary[Callable[..., Any], "Operation"] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path or the query, or a header.

    Attributes:
        type: Its type with its bounds; a list is separated by commas.
        allows_empty: True when an empty one counts as missing.
    """

    description: str
    type: Any = str
    required: bool = False
    allows_empty: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A request or response body, with its headers.

    Attributes:
        model: A pydantic model, or a type made of some; None for a text or for no body.
    """

    description: str
    types: tuple[str, ...] = ()
    model: Any = None
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    example: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """Description of a route.

    Attributes:
        path: Parameters of the path that are no plain texts.
        unknown: Treatment of unknown fields and parameters: an error of the call, an error in a
            successful response, or none where a page, another's interface or its form is served.
        security: Alternative security schemes; none for public routes.
    """

    summary: str
    responses: Mapping[int, Content]
    body: Content | None = None
    form: Content | None = None
    path: Mapping[str, Parameter] = field(default_factory=dict)
    query: Mapping[str, Parameter] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    security: tuple[SecurityScheme, ...] = ()
    unknown: Literal["refused", "reported", "ignored"] = "refused"


def documents(handler: H, operation: Operation) -> H:
    """Attach the description to a handler; return the handler."""
    _OPERATIONS[handler] = operation
    return handler


def operation_of(handler: Callable[..., Any]) -> Operation | None:
    """Return the description of a handler; None without one."""
    return _OPERATIONS.get(handler)


def openapi_route(title: str, routes: Sequence[web.AbstractRouteDef]) -> web.RouteDef:
    """Return the route of the OpenAPI document of the documented routes."""

    @cache
    def encoded() -> bytes:  # not at start: schemas take time to make
        return json.dumps(openapi_document(title, routes)).encode()

    async def get(_: web.Request) -> web.Response:
        return web.Response(body=encoded(), content_type="application/json")

    return web.get(PATH, get)


def openapi_document(title: str, routes: Sequence[web.AbstractRouteDef]) -> dict[str, Any]:
    """Return the OpenAPI document of the documented routes."""
    described = [
        (route, operation)
        for route in routes
        if isinstance(route, web.RouteDef) and (operation := _OPERATIONS.get(route.handler))
    ]
    schemas, definitions = _schemas([operation for _, operation in described])
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in described:
        path = _VARIABLE.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _described(route, operation, schemas)
    used = {scheme for _, operation in described for scheme in operation.security}
    schemes = {name: scheme for name, scheme in _SCHEMES.items() if name in used}
    return {
        "openapi": _VERSION,
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": definitions, "securitySchemes": schemes},
    }


def _schemas(
    operations: Sequence[Operation],
) -> tuple[dict[tuple[int, str], Any], dict[str, Any]]:
    """Return the schema of each content by its identity, and their shared definitions."""
    ours = [one for one in operations if one.unknown != "ignored"]
    others = [one for one in operations if one.unknown == "ignored"]
    schemas, definitions = _schemas_of(others, GenerateJsonSchema)
    closed, closed_definitions = _schemas_of(ours, _ClosedBodies)
    return schemas | closed, definitions | closed_definitions


class _ClosedBodies(GenerateJsonSchema):
    """Bodies of calls have no unknown fields; responses may get more with time."""

    @override
    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """Return the schema of a model."""
        described = super().model_schema(schema)
        closed = {"additionalProperties": False} if self.mode == "validation" else {}
        return described | closed


def _schemas_of(
    operations: Sequence[Operation], generator: type[GenerateJsonSchema]
) -> tuple[dict[tuple[int, str], Any], dict[str, Any]]:
    contents: list[tuple[JsonSchemaMode, Content | None]] = [
        ("serialization", _WARNED),
        ("serialization", _WRONG),
    ]
    for operation in operations:
        contents += [("validation", operation.body), ("validation", operation.form)]
        contents += [("serialization", content) for content in operation.responses.values()]
    inputs = [
        (id(content), mode, TypeAdapter(content.model))
        for mode, content in contents
        if content and content.model is not None
    ]
    schemas, common = TypeAdapter.json_schemas(
        inputs, ref_template=_REFERENCE, schema_generator=generator
    )
    found = {key: schema for (key, _), schema in schemas.items()}
    return found, common.get("$defs", {})  # type: ignore[return-value]


def _described(
    route: web.RouteDef, operation: Operation, schemas: Mapping[Any, Any]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": [
            *(
                _path_parameter(name, pattern, operation)
                for name, pattern in _VARIABLE.findall(route.path)
            ),
            *(_parameter(name, "query", one) for name, one in operation.query.items()),
            *(_parameter(name, "header", one) for name, one in operation.headers.items()),
        ],
        "responses": {
            str(status): _response(one, schemas) for status, one in operation.responses.items()
        },
    }
    if operation.unknown != "ignored":
        described["parameters"].append(_parameter("Prefer", "header", _PREFER))
        for status, response in described["responses"].items():
            if status < "3":
                _add_warnings(response, schemas)
    if operation.unknown == "refused":
        wrong = operation.responses.get(422, _WRONG)
        more = f"{wrong.description} Unknown fields and parameters are unknown_field."
        described["responses"]["422"] = _response(wrong, schemas) | {"description": more}
    if body := operation.body:
        described["requestBody"] = {
            "description": body.description,
            "required": True,
            "content": _content(body, schemas) | _content(operation.form, schemas),
        }
    if operation.security:
        described["security"] = [{scheme: []} for scheme in operation.security]
    return described


def _add_warnings(response: dict[str, Any], schemas: Mapping[Any, Any]) -> None:
    """Describe a successful response to a lenient caller."""
    response["headers"]["Preference-Applied"] = _header(_APPLIED)
    if content := response["content"].get("application/json"):
        content["schema"] = {"allOf": [content["schema"], schemas[id(_WARNED)]]}


def _path_parameter(name: str, pattern: str, operation: Operation) -> dict[str, Any]:
    described = _parameter(name, "path", operation.path.get(name, Parameter("")))
    if re.fullmatch(r"\w+(\|\w+)+", pattern):
        described["schema"] = {"type": "string", "enum": pattern.split("|")}
    return described | {"required": True}


def _parameter(name: str, place: str, parameter: Parameter) -> dict[str, Any]:
    described = {"name": name, "in": place} | _header(parameter)
    if described["schema"].get("type") == "array":
        described |= {"style": "form", "explode": False}
    return described | ({"allowEmptyValue": True} if parameter.allows_empty else {})


def _header(parameter: Parameter) -> dict[str, Any]:
    return {
        "description": parameter.description,
        "required": parameter.required,
        "schema": TypeAdapter(parameter.type).json_schema(),
    }


def _response(response: Content, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "description": response.description,
        "headers": {name: _header(header) for name, header in response.headers.items()},
        "content": _content(response, schemas),
    }


def _content(content: Content | None, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    if content is None:
        return {}
    described = {"schema": schemas.get(id(content), {"type": "string"})}
    if content.example is not None:
        described["example"] = content.example
    return dict.fromkeys(content.types, described)


class ProblemDetails(BaseModel):
    """An error as RFC 9457 problem details; ``type`` is always ``about:blank``."""

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    errors: list[FieldError] | None = None
    warnings: list[FieldError] | None = None


class Warned(Data):
    """Warnings in a response to ``Prefer: handling=lenient``, beside its other fields."""

    warnings: list[FieldError] | None = None
    """Unknown fields and parameters, which were ignored; absent without any."""


_WARNED = Content("", model=Warned)
_PREFER = Parameter(
    f"{LENIENT} ignores unknown fields and parameters, and lists them in warnings (RFC 7240)."
)
_APPLIED = Parameter("The preference that was applied.", Literal["handling=lenient"])


class Health(BaseModel):
    """The health of a service."""

    status: Literal["live", "ready", "not ready"]
    reason: str | None = None


# The header of a 429, and of a 503 to a caller.
RETRY_AFTER: Mapping[str, Parameter] = {
    "Retry-After": Parameter("Seconds until the next call.", PositiveInt, required=True)
}


def problem(description: str, headers: Mapping[str, Parameter] | None = None) -> Content:
    """Return the content of an error."""
    return Content(description, ("application/problem+json",), ProblemDetails, headers or {})


_WRONG = problem("A field or parameter is wrong.")
IDEMPOTENT: Mapping[str, Parameter] = {
    "Idempotency-Key": Parameter(
        "Idempotency key, at most 500 characters: a repeat gets the same response. A blank one "
        "counts as missing.",
        Annotated[str, Field(max_length=500)],
    )
}
_CHALLENGE: Mapping[str, Parameter] = {
    "WWW-Authenticate": Parameter("Bearer.", Literal["Bearer"], required=True)
}
UNAVAILABLE: Mapping[int, Content] = {
    503: problem("Temporarily unavailable; retry later.", RETRY_AFTER)
}
# Of routes without a key.
PUBLIC_REFUSALS: Mapping[int, Content] = {
    429: problem("The address calls too often.", RETRY_AFTER),
    503: problem("The database does not respond; retry later.", RETRY_AFTER),
}
KEY_REFUSALS: Mapping[int, Content] = {
    401: problem("The key is missing or unknown.", _CHALLENGE),
    403: problem("The key has another scope."),
    429: problem("Rate limit of the key or the address exceeded.", RETRY_AFTER),
    **UNAVAILABLE,
}
JSON_REFUSALS: Mapping[int, Content] = {
    400: problem("The body is not JSON, or the Idempotency-Key is invalid."),
    408: problem("The body did not arrive in time."),
    413: problem("The body is larger than 1 MiB."),
    415: problem("Unsupported media type."),
}
