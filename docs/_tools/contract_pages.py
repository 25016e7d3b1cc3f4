"""The pages of the contract, generated from the AsyncAPI document and the JSON Schemas."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

JsonObject: TypeAlias = Mapping[str, Any]

ASYNCAPI = Path(__file__).parents[1] / "asyncapi.json"
"""The document that names every topic, and for every event the file of its JSON Schema."""
INDEX = "contract/index.md"
"""The page that the tables of topics and events belong to."""

_SCHEMAS = "contract/schemas"
_OUTSIDE = re.compile(r'"\.\./[^"]*/([^"/]+\.json)"')
_EXAMPLES = Path("../examples")  # seen from the folder of the schemas
_PREFIX = "route311."
_KEY = re.compile(r"Key: ([^.]+)\.")
_RETENTION = re.compile(r"((?:Kept|Compacted)[^.]*)\.")
_LONGEST_EXAMPLE = 60
_WIDE = "---\nhide: [toc]\n---\n"
_WORDS = {"integer": "whole number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the table of topics."""

    name: str
    key: str
    retention: str
    partitions: int
    writers: Sequence[str]
    readers: Sequence[str]
    events: Sequence[str]


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that the pages are made of.

    Attributes:
        schemas: The file of each event's JSON Schema, by event type.
    """

    topics: Sequence[Topic]
    schemas: Mapping[str, Path]

    @classmethod
    def read(cls, asyncapi: Path) -> "Contract":
        """Read the AsyncAPI document."""
        document = json.loads(asyncapi.read_text())
        messages: JsonObject = document["components"]["messages"]
        references = {name: message["payload"]["schema"] for name, message in messages.items()}
        return cls(
            topics=[
                _topic(name, channel, document["operations"].values())
                for name, channel in document["channels"].items()
            ],
            schemas={
                name: (asyncapi.parent / reference["$ref"]).resolve()
                for name, reference in references.items()
            },
        )


def pages(contract: Contract) -> dict[str, str]:
    """Return what is generated, by path in the source of the site.

    That is a page and the JSON Schema for each event, and the AsyncAPI document with references to
    these copies of the schemas.
    """
    made: dict[str, str] = {}
    for event, file in sorted(contract.schemas.items()):
        schema = file.read_text()
        page = _event_page(event, json.loads(schema), _example_of(event, file), contract)
        made[page_of(event)] = "\n".join([*page, ""])
        made[f"{_SCHEMAS}/{file.name}"] = schema
    made[ASYNCAPI.name] = _OUTSIDE.sub(rf'"{_SCHEMAS}/\1"', ASYNCAPI.read_text())
    return made


def index_tables(contract: Contract) -> str:
    """Return the tables of topics, events and envelope attributes, for the end of ``INDEX``."""
    return "\n".join(["", *_tables(contract), ""])


def page_of(event: str) -> str:
    """Return the path of an event's page in the source of the site."""
    return f"contract/{_short(event)}.md"


def _example_of(event: str, schema: Path) -> str:
    return (schema.parent / _EXAMPLES / f"{event}.json").read_text()


def _topic(name: str, channel: JsonObject, operations: Iterable[JsonObject]) -> Topic:
    reference = f"#/channels/{name}"
    services: dict[str, list[str]] = {"send": [], "receive": []}
    for operation in operations:
        if operation["channel"]["$ref"] == reference:
            services[operation["action"]].append(operation["summary"].split()[0])
    key, retention = (
        found[1] if (found := pattern.search(channel["description"])) else ""
        for pattern in (_KEY, _RETENTION)
    )
    return Topic(
        name=channel["address"],
        key=key,
        retention=retention,
        partitions=channel["bindings"]["kafka"]["partitions"],
        writers=services["send"],
        readers=services["receive"],
        events=list(channel["messages"]),
    )


def _tables(contract: Contract) -> Iterator[str]:
    yield from ("## Topics", "")
    yield from _table(
        ("topic", "written by", "read by", "key", "retention", "partitions"),
        (
            (
                f"`{topic.name}`",
                ", ".join(topic.writers),
                ", ".join(topic.readers),
                topic.key,
                topic.retention,
                str(topic.partitions),
            )
            for topic in contract.topics
        ),
    )
    schemas = {event: json.loads(path.read_text()) for event, path in contract.schemas.items()}
    yield from ("", "## Events", "")
    yield from _table(
        ("event", "meaning", "topics"),
        (
            (
                f"[`{_short(event)}`]({page_of(event).partition('/')[2]})",
                _meaning(schema),
                ", ".join(f"`{topic.name}`" for topic in contract.topics if event in topic.events),
            )
            for event, schema in sorted(schemas.items())
        ),
    )
    event, envelope = max(schemas.items(), key=lambda item: len(item[1]["properties"]))
    example = json.loads(_example_of(event, contract.schemas[event]))
    attributes = {name: part for name, part in envelope["properties"].items() if name != "data"}
    yield from ("", "## Envelope attributes", "")
    yield from _properties({**envelope, "properties": attributes}, example)


def _event_page(event: str, schema: JsonObject, example: str, contract: Contract) -> Iterator[str]:
    yield from (_WIDE, f"# {_short(event)}", "", _meaning(schema), "")
    yield from _table(
        ("type", "topic", "key", "retention"),
        (
            (f"`{event}`", f"`{topic.name}`", topic.key, topic.retention)
            for topic in contract.topics
            if event in topic.events
        ),
    )
    yield from ("", f"[JSON Schema](schemas/{contract.schemas[event].name}) · ")
    yield from ("[envelope attributes](index.md#envelope-attributes)", "")
    for name, model, value in _models(schema, json.loads(example)):
        yield from (f"## {name}", "", _meaning(model), "")
        yield from _properties(model, value)
        yield ""
    yield from ("## Example", "", "```json", example.rstrip(), "```")


def _models(schema: JsonObject, example: JsonObject) -> Iterator[tuple[str, JsonObject, Any]]:
    """Yield the model of ``data`` and those that it refers to, with the example's value of each."""
    definitions: JsonObject = schema.get("$defs", {})
    waiting = [(name, example.get("data")) for name in _references(schema["properties"]["data"])]
    done: set[str] = set()
    while waiting:
        name, value = waiting.pop(0)
        if name in done:
            continue
        done.add(name)
        model: JsonObject = definitions[name]
        yield name, model, value
        for field, part in model.get("properties", {}).items():
            inner = value.get(field) if isinstance(value, Mapping) else None
            inner = inner[0] if isinstance(inner, list) and inner else inner
            waiting += [(reference, inner) for reference in _references(part)]


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def _properties(model: JsonObject, example: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    required = model.get("required", ())
    values: JsonObject = example if isinstance(example, Mapping) else {}
    yield from _table(
        ("field", "type", "meaning", "example"),
        (
            (
                f"`{name}`",
                _type(part) + (", **required**" if name in required else ""),
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


def _type(schema: JsonObject) -> str:
    """Return a schema as words: ``text, at most 500 characters or null``."""
    match schema:
        case {"anyOf": parts}:
            return " or ".join(dict.fromkeys(_type(part) for part in parts))
        case {"$ref": reference}:
            name = reference.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}{_bounds(schema, 'Items', ' entries')}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object; each value {_type(values)}"
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


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in cells)} |"


def _meaning(schema: JsonObject) -> str:
    """Return the first paragraph of a description on one line."""
    return " ".join(_plain(schema.get("description", "")).partition("\n\n")[0].split())


def _plain(description: str) -> str:
    """Return a description from a docstring as Markdown."""
    return description.replace("``", "`")


def _short(event: str) -> str:
    return event.removeprefix(_PREFIX)
