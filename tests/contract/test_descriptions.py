"""The contract explains itself: each property of each event has a description and an example."""

import json
from collections.abc import Iterator
from typing import Any

from shared.contract import schemas
from shared.contract.events import type_of

Property = tuple[str, dict[str, Any]]


def properties(schema: dict[str, Any]) -> Iterator[Property]:
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, described in model.get("properties", {}).items():
            yield f"{model['title']}.{name}", described


def stored() -> list[Property]:
    paths = [schemas.SCHEMAS / f"{type_of(event)}.json" for event in schemas.event_classes()]
    return [found for path in paths for found in properties(json.loads(path.read_text()))]


def has_example(described: dict[str, Any]) -> bool:
    branches = [described, *described.get("anyOf", ())]
    branches += [branch["items"] for branch in branches if "items" in branch]
    return any({"examples", "const", "enum", "$ref"} & branch.keys() for branch in branches)


def is_sentence(text: str) -> bool:
    starts = text[:1].isupper() or text.startswith("``")
    return starts and text.endswith(".") and len(text.split()) > 2


def test_each_property_is_described_in_a_sentence() -> None:
    lacking = {name for name, found in stored() if not is_sentence(found.get("description", ""))}

    assert lacking == set()


def test_each_property_shows_an_example_or_lists_its_values() -> None:
    assert {name for name, found in stored() if not has_example(found)} == set()


def test_messages_of_the_asyncapi_document_have_a_summary() -> None:
    for name, message in schemas.asyncapi()["components"]["messages"].items():
        assert message["summary"].endswith("."), name
