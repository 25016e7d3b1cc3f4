"""Tables in Markdown of the models of JSON Schemas."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

JsonObject: TypeAlias = Mapping[str, Any]

_LONGEST_EXAMPLE = 60
_WORDS = {"integer": "whole number", "boolean": "true or false"}


def references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the name of each model that a schema refers to."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for part in schema.values():
            yield from references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


def properties(
    model: JsonObject,
    example: Any = None,  # noqa: ANN401 - any JSON
) -> Iterator[str]:
    """Yield a table of the fields of a model, in Markdown."""
    required = model.get("required", ())
    values: JsonObject = example if isinstance(example, Mapping) else {}
    yield from table(
        ("field", "type", "meaning", "example"),
        (
            (
                f"`{name}`",
                type_words(part) + (", **required**" if name in required else ""),
                _plain(part.get("description", "")),
                _example(part, values.get(name)),
            )
            for name, part in model.get("properties", {}).items()
        ),
    )


def _example(schema: JsonObject, value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the schema's own example, else the value in the example of the event."""
    shown = next(iter(schema.get("examples", ())), value)
    parts = shown if isinstance(shown, list) else [shown]
    if not parts or parts[0] is None or any(isinstance(part, Mapping) for part in parts):
        return ""
    text = json.dumps(shown, ensure_ascii=False)
    cut = text if len(text) <= _LONGEST_EXAMPLE else f"{text[:_LONGEST_EXAMPLE]}…"
    return f"`{cut}`"


def type_words(schema: JsonObject) -> str:
    """Return a schema as words: ``text, at most 500 characters or null``."""
    match schema:
        case {"anyOf": parts}:
            return " or ".join(dict.fromkeys(type_words(part) for part in parts))
        case {"allOf": [main, *_]}:
            return type_words(main)
        case {"$ref": reference}:
            name = reference.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"type": "array", "items": items}:
            return f"list of {type_words(items)}{_bounds(schema, 'Items', ' entries')}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object; each value {type_words(values)}"
        case _:
            return _scalar(schema)


def _scalar(schema: JsonObject) -> str:
    match schema:
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case {"type": "string", "format": "date-time"}:
            return "time with offset (RFC 3339)"
        case {"type": "string"}:
            return f"text{_bounds(schema, 'Length', ' characters')}"
        case {"type": "integer" | "number" as kind}:
            return f"{_WORDS.get(kind, kind)}{_bounds(schema, 'imum', '')}"
        case _:
            other = str(schema.get("type", "any JSON"))
            return _WORDS.get(other, other)


def _bounds(schema: JsonObject, what: str, unit: str) -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if high is not None:
        return f", {low} to {high:,}{unit}" if low is not None else f", at most {high:,}{unit}"
    return "" if low is None else f", at least {low}{unit}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in cells)} |"


def meaning(schema: JsonObject) -> str:
    """Return the first paragraph of a description on one line."""
    return " ".join(_plain(schema.get("description", "")).partition("\n\n")[0].split())


def _plain(description: str) -> str:
    """Return a description from a docstring as Markdown."""
    return description.replace("``", "`")
