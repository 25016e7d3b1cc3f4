"""Codec of events: JSON bytes to models and back."""

from collections.abc import Iterable, Mapping
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Generic, TypeVar

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.contract.events.base import Event
from shared.errors import UndecodableEventError, UnknownTypeError, UnknownVersionError

CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"
_BINARY_PREFIX = "ce_"
_NEVER_ASSUMED = {"id", "type"}  # they have defaults for writing, which reading must not use

E = TypeVar("E", bound=Event)


class _Head(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    type: str


def encode(event: Event) -> bytes:
    """Encode an event as UTF-8 JSON (CloudEvents structured mode)."""
    return event.__pydantic_serializer__.to_json(event)


def type_of(event_class: type[Event]) -> str:
    """Return the CloudEvents type of an event class."""
    name: str = event_class.model_fields["type"].default
    return name


class Decoder(Generic[E]):
    """Decoder for the events of one topic; parses and validates in one pass."""

    def __init__(self, event_classes: Iterable[type[E]]) -> None:
        self._by_type = {type_of(event_class): event_class for event_class in event_classes}
        self._families = {name.rpartition(".")[0] for name in self._by_type}
        self._adapter: TypeAdapter[E] = _adapter(tuple(self._by_type.values()))

    def decode(self, value: bytes | None, headers: Mapping[str, bytes] | None = None) -> E:
        """Decode a record: its value (structured mode), or value and headers (binary mode).

        Raises:
            UnknownTypeError: The topic carries no events of this type.
            UnknownVersionError: The type is known, its version is not.
            UndecodableEventError: Invalid JSON, no identity, or a schema violation; the text names
                fields and never their values.
        """
        try:
            if headers and _BINARY_PREFIX + "type" in headers:
                event = self._adapter.validate_python(_from_binary(value, headers))
            else:
                event = self._adapter.validate_json(value or b"")
        except ValidationError as error:
            self._raise_if_unknown(value, headers or {})
            raise UndecodableEventError(invalid_fields(error)) from None
        if not event.model_fields_set >= _NEVER_ASSUMED:
            missing = ", ".join(sorted(_NEVER_ASSUMED - event.model_fields_set))
            raise UndecodableEventError(f"{missing}: missing")
        return event

    def _raise_if_unknown(self, value: bytes | None, headers: Mapping[str, bytes]) -> None:
        try:
            name = headers.get(_BINARY_PREFIX + "type", b"").decode("ascii", "replace")
            name = name or _Head.model_validate_json(value or b"").type
        except ValidationError:
            return
        if name in self._by_type:
            return
        if name.rpartition(".")[0] in self._families:
            raise UnknownVersionError(f"type: no reader for this version, known are {self._known}")
        raise UnknownTypeError(f"type: unknown here, known are {self._known}")

    @property
    def _known(self) -> str:
        return ", ".join(sorted(self._by_type))


def invalid_fields(error: ValidationError) -> str:
    """Return the errors as ``field: reason`` pairs, without any value."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'record'}: {fault['type']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    )


@cache
def _adapter(event_classes: tuple[type[Event], ...]) -> TypeAdapter[Any]:
    """Return the adapter of a union, which takes milliseconds to build."""
    union: Any = reduce(or_, event_classes)
    if len(event_classes) > 1:
        union = Annotated[union, Field(discriminator="type")]
    return TypeAdapter(union)


def _from_binary(value: bytes | None, headers: Mapping[str, bytes]) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        name.removeprefix(_BINARY_PREFIX): content.decode("utf-8", "replace")
        for name, content in headers.items()
        if name.startswith(_BINARY_PREFIX)
    }
    try:
        attributes["data"] = pydantic_core.from_json(value or b"null")
    except ValueError:
        raise UndecodableEventError("data: invalid JSON") from None
    return attributes
