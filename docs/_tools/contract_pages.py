"""The pages of the contract, generated from the AsyncAPI document and the JSON Schemas."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs._tools.schema_tables import JsonObject, meaning, properties, references, table

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
_WIDE = "---\nhide: [toc]\n---\n"


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
    yield from table(
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
    yield from table(
        ("event", "meaning", "topics"),
        (
            (
                f"[`{_short(event)}`]({page_of(event).partition('/')[2]})",
                meaning(schema),
                ", ".join(f"`{topic.name}`" for topic in contract.topics if event in topic.events),
            )
            for event, schema in sorted(schemas.items())
        ),
    )
    event, envelope = max(schemas.items(), key=lambda item: len(item[1]["properties"]))
    example = json.loads(_example_of(event, contract.schemas[event]))
    attributes = {name: part for name, part in envelope["properties"].items() if name != "data"}
    yield from ("", "## Envelope attributes", "")
    yield from properties({**envelope, "properties": attributes}, example)


def _event_page(event: str, schema: JsonObject, example: str, contract: Contract) -> Iterator[str]:
    yield from (_WIDE, f"# {_short(event)}", "", meaning(schema), "")
    yield from table(
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
        yield from (f"## {name}", "", meaning(model), "")
        yield from properties(model, value)
        yield ""
    yield from ("## Example", "", "```json", example.rstrip(), "```")


def _models(schema: JsonObject, example: JsonObject) -> Iterator[tuple[str, JsonObject, Any]]:
    """Yield the model of ``data`` and those that it refers to, with the example's value of each."""
    definitions: JsonObject = schema.get("$defs", {})
    waiting = [(name, example.get("data")) for name in references(schema["properties"]["data"])]
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
            waiting += [(reference, inner) for reference in references(part)]


def _short(event: str) -> str:
    return event.removeprefix(_PREFIX)
