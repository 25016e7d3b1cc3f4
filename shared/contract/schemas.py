"""JSON Schemas of all events and the AsyncAPI 3 document, generated from the pydantic models.

``python -m shared.contract.schemas`` writes them; a test compares them with the models.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, create_model

from shared.contract import topics as t
from shared.contract.events import Event, ForeignEvent, type_of
from shared.contract.topic import Topic

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = Path(__file__).parent / "events" / "schemas"
EXAMPLES = Path(__file__).parent / "events" / "examples"
ASYNCAPI = ROOT / "docs" / "asyncapi.json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CODE = "{code}"
_ENVELOPE = ""
_ALWAYS = ("specversion", "id", "source", "type", "data")

CHANNELS = (
    *t.CORE,
    t.bureau_work(_CODE),
    t.bureau_updates(_CODE),
    t.bureau_receipts(_CODE),
)


def event_classes() -> list[type[Event]]:
    """Return every event class of the registry, sorted by type."""
    return sorted({e for channel in CHANNELS for e in channel.events}, key=type_of)


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event, with a description and an example of each property.

    The schema of an event from outside is that of its reader's validation: stricter than the
    decoded envelope.
    """
    schema = _bare_schema_of(event_class)
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, described in model.get("properties", {}).items():
            example = _examples().get((model["title"], name), _examples().get((_ENVELOPE, name)))
            if example is not None and not {"const", "$ref"} & described.keys():
                described.setdefault("examples", [example])
    return {"$schema": _DIALECT, "$id": f"{type_of(event_class)}.json", **schema}


def example_of(event_class: type[Event]) -> str:
    """Return the stored example of an event, as JSON text."""
    return (EXAMPLES / f"{type_of(event_class)}.json").read_text()


def _bare_schema_of(event_class: type[Event]) -> dict[str, Any]:
    model: type[BaseModel] = event_class
    if issubclass(event_class, ForeignEvent):
        model = create_model(
            event_class.__name__,
            __base__=event_class,
            __doc__=event_class.__doc__,
            time=(AwareDatetime | None, None),
            data=(event_class.data_model, ...),
        )
    schema = model.model_json_schema()
    schema["required"] = sorted({*schema.get("required", ()), *_ALWAYS})
    return schema


@cache
def _examples() -> Mapping[tuple[str, str], Any]:
    """Return the first value of each property in the example documents, by model and name."""
    found: dict[tuple[str, str], Any] = {}
    for event_class in event_classes():
        schema = _bare_schema_of(event_class)
        document = json.loads(example_of(event_class))
        _collect(schema, schema, document, found)
        for name in document.keys() - {"data", "type", "source"}:
            found.setdefault((_ENVELOPE, name), document[name])
    return found


def _collect(
    root: Mapping[str, Any],
    schema: Mapping[str, Any],
    value: Any,  # noqa: ANN401 - any JSON
    found: dict[tuple[str, str], Any],
) -> None:
    schema = _resolve(root, schema)
    if isinstance(value, list):
        for item in value:
            _collect(root, schema.get("items", {}), item, found)
    elif isinstance(value, dict):
        for name, described in schema.get("properties", {}).items():
            if value.get(name) is not None:
                found.setdefault((schema["title"], name), value[name])
                _collect(root, described, value[name], found)


def _resolve(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, also of an optional property, to the schema of the model."""
    branches = [schema, *schema.get("anyOf", ())]
    reference = next((branch["$ref"] for branch in branches if "$ref" in branch), None)
    if reference is None:
        return next((branch for branch in branches if "items" in branch), schema)
    definition: Mapping[str, Any] = root["$defs"][reference.removeprefix("#/$defs/")]
    return definition


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "route311",
            "version": "1",
            "description": "The topics of the 311 router. Every record is a CloudEvent 1.0 in "
            "structured JSON mode, delivered at least once with a stable id.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {_name(channel): _channel(channel) for channel in CHANNELS},
        "operations": {
            f"{service}-{action}-{_name(channel)}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{_name(channel)}"},
                "summary": f"{service} {verb} {channel.name}",
            }
            for channel in CHANNELS
            for action, verb, services in (
                ("send", "writes", [channel.owner.split()[0]]),
                ("receive", "reads", channel.readers),
            )
            for service in services
        },
        "components": {
            "messages": {type_of(event): _message(event) for event in event_classes()},
        },
    }


def documents() -> Mapping[Path, str]:
    """Return the path and text of every generated file."""
    schemas = {SCHEMAS / f"{type_of(e)}.json": schema_of(e) for e in event_classes()}
    return {
        path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for path, document in {**schemas, ASYNCAPI: asyncapi()}.items()
    }


def _name(channel: Topic) -> str:
    return channel.name.replace("{code}", "CODE")


def _channel(channel: Topic) -> dict[str, Any]:
    described = {
        "address": channel.name,
        "description": f"Owner: {channel.owner}. Key: {channel.key}. {_kept(channel)}",
        "messages": {
            type_of(event): {"$ref": f"#/components/messages/{type_of(event)}"}
            for event in channel.events
        },
        "bindings": {"kafka": {"topic": channel.name, "partitions": channel.partitions}},
    }
    if _CODE in channel.name:
        described["parameters"] = {"code": {"description": "The bureau's code in lower case."}}
    return described


def _kept(channel: Topic) -> str:
    if channel.retention is None:
        return "Compacted: the last record of each key is kept."
    return f"Kept for {channel.retention.days} days."


def _message(event_class: type[Event]) -> dict[str, Any]:
    return {
        "name": type_of(event_class),
        "summary": (event_class.__doc__ or "").splitlines()[0],
        "contentType": "application/cloudevents+json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"../shared/contract/events/schemas/{type_of(event_class)}.json"},
        },
    }


def write(files: Mapping[Path, str]) -> Iterable[Path]:
    """Write the files and delete stale ones; yield each path that changed."""
    for stale in set(SCHEMAS.glob("*.json")) - set(files):
        stale.unlink()
        yield stale
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            yield path


if __name__ == "__main__":
    for path in write(documents()):
        print(path.relative_to(ROOT))  # noqa: T201 - a command's own output
