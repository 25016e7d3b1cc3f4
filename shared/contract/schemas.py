"""The contract as documents: a JSON Schema for each event, and one AsyncAPI 3 description.

``python -m shared.contract.schemas`` writes them; a test holds them against the models.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, create_model

from shared.contract import topics as t
from shared.contract.events import Event, ForeignEvent, type_of

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = Path(__file__).parent / "events" / "schemas"
ASYNCAPI = ROOT / "docs" / "asyncapi.json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CODE = "{code}"
_ALWAYS = ("specversion", "id", "source", "type", "data")

CHANNELS = (
    *t.CORE,
    t.bureau_work(_CODE),
    t.bureau_updates(_CODE),
    t.bureau_receipts(_CODE),
)


def event_classes() -> list[type[Event]]:
    """Return every event that some topic carries, by type."""
    return sorted({e for channel in CHANNELS for e in channel.events}, key=type_of)


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event; what outsiders hand in as it should be."""
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
    return {"$schema": _DIALECT, "$id": f"{type_of(event_class)}.json", **schema}


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document of all topics."""
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
    """Return every generated file and its text."""
    schemas = {SCHEMAS / f"{type_of(e)}.json": schema_of(e) for e in event_classes()}
    return {path: _text(document) for path, document in {**schemas, ASYNCAPI: asyncapi()}.items()}


def _name(channel: t.Topic) -> str:
    return channel.name.replace("{code}", "CODE")


def _channel(channel: t.Topic) -> dict[str, Any]:
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


def _kept(channel: t.Topic) -> str:
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


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(files: Mapping[Path, str]) -> Iterable[Path]:
    """Write the files, remove generated ones that have no event any more; yield what changed."""
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
