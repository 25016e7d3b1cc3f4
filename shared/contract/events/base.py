"""The envelope of every event: CloudEvents 1.0 in structured JSON mode."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from textwrap import dedent
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override
from uuid_utils import uuid7

from shared.vocabulary import END_OF_TIME, START_OF_TIME

Identity = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")
]

# A moment from outside the router: from 2000 on, before 2100.
PlausibleMoment = Annotated[AwareDatetime, Field(ge=START_OF_TIME, lt=END_OF_TIME)]

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def new_id() -> str:
    """Return a new UUIDv7: unique, and sortable by creation time (RFC 9562)."""
    return str(uuid7())


class Data(BaseModel):
    """Base of all payloads: immutable, tolerant of unknown fields.

    Validation errors name fields and never quote values, which may be personal data.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    @override
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the fields by their docstrings.

        pydantic's ``use_attribute_docstrings`` reads the source of every event at import, which
        takes a third of the import time.
        """
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in field_docstrings(cls).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return schema


class Event(Data):
    """A fact in the past tense with one owner: the CloudEvents 1.0 envelope and its payload."""

    subject_field: ClassVar[str]

    specversion: Literal["1.0"] = "1.0"
    """CloudEvents version; always ``1.0``."""
    id: str = Field(default_factory=new_id)
    """Id of the event, a UUIDv7; ``source`` and ``id`` identify the event for ever."""
    source: str
    """Producer of the event, a URI reference such as ``/intake`` or ``/adapter/web``."""
    type: str
    """Event type and version: ``route311.<noun>.<participle>.v<n>``."""
    subject: str | None = None
    """Id of the entity that the event is about: a request, case or work order."""
    time: AwareDatetime
    """Moment of the event, RFC 3339 with offset, by the producer's clock; ours are in UTC."""
    datacontenttype: Literal["application/json"] = "application/json"
    """Media type of ``data``; always ``application/json``."""
    causationid: str | None = None
    """Id of the event that led to this one.

    Null when an outside event did not lead to it, or the outside event's id holds contact data.
    """
    correlationid: str | None = None
    """Id of the request that the event belongs to; the same through all services."""
    traceparent: str | None = None
    """W3C trace context of the work that made the event (``00-<trace>-<span>-<flags>``)."""
    data: Any
    """Payload of the event, in the data model of its type."""

    @classmethod
    def of(
        cls, data: Data, *, now: datetime, cause: "Event | None" = None, request: str | None = None
    ) -> Self:
        """Return a new event with this payload; the trace context of ``cause`` is continued.

        Args:
            request: Id of the request for ``correlationid``; by default the cause's.
        """
        event: Self = cls.__pydantic_validator__.validate_python(
            {
                "time": now,
                "subject": getattr(data, cls.subject_field),
                "causationid": cause.id if cause else None,
                "correlationid": request or (cause.correlationid if cause else None),
                "traceparent": cause.traceparent if cause else None,
                "data": data,
            }
        )
        return event


def _string_or_none(value: Any) -> str | None:  # noqa: ANN401 - anything may come from outside
    return value if isinstance(value, str) else None


def usable_trace(value: Any) -> str | None:  # noqa: ANN401 - anything may come from outside
    """Return the value if it is a valid W3C ``traceparent``, else None."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


_Usable = Annotated[str | None, BeforeValidator(_string_or_none)]
_UsableTrace = Annotated[str | None, BeforeValidator(usable_trace)]


class ForeignEvent(Event):
    """An event made outside the router: decoding checks the identity alone.

    The reader validates ``time`` and ``data``, so that wrong data get a response that names the
    fields, while a record without identity is a poison message.
    """

    data_model: ClassVar[type[Data]]

    id: Identity
    """Id given by the producer, 1 to 500 characters; unique per ``source``."""
    source: Identity
    """Producer, a URI reference of 1 to 500 characters, such as ``/adapter/web``."""
    time: Any = None
    """Moment at which the producer made the event, RFC 3339 with offset."""
    subject: Any = None
    """Optional entity that the event is about; not used by the router."""
    datacontenttype: Any = "application/json"
    """Media type of ``data``; ``application/json`` is expected."""
    causationid: _Usable = None
    """Id of the event that led to this one, or null."""
    correlationid: _Usable = None
    """Id that the producer uses to group its events, or null."""
    traceparent: _UsableTrace = None
    """W3C trace context to continue; anything unusable is dropped."""
    data: Any = None
    """Payload; validated by the reader, so that its errors get a response."""

    def anonymous(self) -> Self:
        """Return the event as a cause without an id, for one whose id holds contact data."""
        return self.model_copy(update={"id": None})


def field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field that has one; a subclass precedes its bases."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and not base.__module__.startswith("pydantic"):
            found.update(_own_docstrings(base))
    return found


def _own_docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    try:
        source = inspect.getsource(model)
    except (OSError, TypeError):  # a class that a function made
        return
    body = (node for part in ast.parse(dedent(source)).body for node in ast.iter_child_nodes(part))
    for field, after in pairwise(body):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass
