"""Converts dataclasses to plain data, which ``marshal`` can store, and back by their annotations.

An object is the tuple of its fields: types are not stored, so that reading can create no others
than the annotations name.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import time, timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

_AS_THEY_ARE = frozenset({str, bytes, int, float, bool, NoneType, frozenset})
_SETS = frozenset({frozenset, AbstractSet, Collection})  # annotations of frozen sets

Conversion: TypeAlias = Callable[[Any], Any]  # from plain data to objects
T = TypeVar("T")


def to_plain(value: object) -> Any:  # noqa: ANN401 - plain data of any shape
    """Return the plain data of dataclasses, mappings, tuples, sets, times and paths."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(to_plain, value))
    if is_dataclass(value):
        return tuple(to_plain(getattr(value, field.name)) for field in fields(value))
    return _of_library_type(value)


def _of_library_type(value: object) -> object:
    if isinstance(value, timedelta):
        return value.days, value.seconds, value.microseconds
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form as plain data")


def from_plain(kind: type[T], plain: object) -> T:
    """Return the instance of a dataclass whose plain data these are.

    Equal objects that are one object in the plain data become one instance.
    """
    instance: T = _Conversions().to(kind)(plain)
    return instance


class _Conversions:
    """The conversions of one call; each is made once from its annotation."""

    def __init__(self) -> None:
        self._known: dict[Any, Conversion] = {}

    def to(self, hint: Any) -> Conversion:  # noqa: ANN401 - any annotation
        """Return the conversion to an annotated type; ``_same`` where plain data stay as is."""
        if hint not in self._known:
            self._known[hint] = self._make(hint)
        return self._known[hint]

    def _make(self, hint: Any) -> Conversion:  # noqa: ANN401 - as above
        origin, arguments = get_origin(hint), get_args(hint)
        if hint in _AS_THEY_ARE or origin is Literal or origin in _SETS:
            return _same
        if origin in (Union, UnionType):
            [of] = (one for one in arguments if one is not NoneType)
            return _optional(self.to(of))
        if origin is Mapping:
            return _mapping(self.to(arguments[1]))
        if origin is tuple:
            return self._tuple(arguments)
        return self._instance(hint)

    def _tuple(self, arguments: Sequence[Any]) -> Conversion:
        if arguments[-1] is Ellipsis:
            return _sequence(self.to(arguments[0]))
        each = list(map(self.to, arguments))
        return _same if set(each) == {_same} else _fixed(tuple, each)

    def _instance(self, kind: Any) -> Conversion:  # noqa: ANN401 - any class
        if is_dataclass(kind):
            hints = get_type_hints(kind)
            each = [self.to(hints[field.name]) for field in fields(kind)]
            return _each_once(_fixed(_maker(cast("Callable[..., object]", kind)), each))
        if kind is time:
            return time.fromisoformat
        if kind is Path:
            return Path
        if kind is timedelta or (isinstance(kind, type) and issubclass(kind, tuple)):
            return _maker(kind)
        raise TypeError(f"{kind} has no form as plain data")


def _maker(kind: Callable[..., object]) -> Conversion:
    return lambda values: kind(*values)


def _same(plain: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    return plain


def _optional(convert: Conversion) -> Conversion:
    return _same if convert is _same else lambda plain: None if plain is None else convert(plain)


def _mapping(convert: Conversion) -> Conversion:
    if convert is _same:
        return _same
    return lambda plain: {key: convert(item) for key, item in plain.items()}


def _sequence(convert: Conversion) -> Conversion:
    return _same if convert is _same else lambda plain: tuple(map(convert, plain))


def _fixed(make: Conversion, each: Sequence[Conversion]) -> Conversion:
    """Return the conversion of a tuple with a conversion for each element."""
    converted = [(number, one) for number, one in enumerate(each) if one is not _same]
    if not converted:
        return make

    def convert(plain: Sequence[Any]) -> Any:  # noqa: ANN401 - what ``make`` returns
        values = list(plain)
        for number, one in converted:
            values[number] = one(values[number])
        return make(values)

    return convert


def _each_once(convert: Conversion) -> Conversion:
    """Return a conversion that gives the same instance for the same object."""
    made: dict[int, Any] = {}

    def once(plain: object) -> Any:  # noqa: ANN401 - what ``convert`` returns
        instance = made.get(id(plain))
        if instance is None:
            instance = made[id(plain)] = convert(plain)
        return instance

    return once
