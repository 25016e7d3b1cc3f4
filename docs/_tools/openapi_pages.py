"""The pages of the HTTP interfaces, generated from the services' OpenAPI documents.

``make openapi`` fetches the documents from a running router into ``docs/openapi``; a test compares
them with what each service serves.
"""

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from docs._tools.schema_tables import JsonObject, meaning, properties, table, type_words

DOCUMENTS = Path(__file__).parents[1] / "openapi"
SERVICES = ("intake", "triage", "dispatch", "notify", "insight")

_CALLERS = {
    "adapter": "an adapter's key",
    "bureau": "a bureau's key",
    "operator": "an operator's key",
    "api_key": "an adapter's key as `api_key`",
}
_OPERATIONAL = {"/live", "/ready", "/metrics"}


def openapi_text(document: JsonObject) -> str:
    """Return a document as its file holds it."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def openapi_pages() -> dict[str, str]:
    """Return a page for each document, by path in the source of the site."""
    return {
        f"contract/http-{file.stem}.md": "\n".join([*_page(file.stem, json.loads(text)), ""])
        for file in sorted(DOCUMENTS.glob("*.json"))
        if (text := file.read_text())
    }


def _page(service: str, document: JsonObject) -> Iterator[str]:
    yield from (f"# HTTP: {service}", "")
    yield f"Generated from the [OpenAPI document](../openapi/{service}.json), which the service"
    yield from ("serves at `/openapi.json`. Errors are problem details (RFC 9457).", "")
    for path, operations in document["paths"].items():
        if path not in _OPERATIONAL:
            for method, operation in operations.items():
                yield from _operation(f"{method.upper()} {path}", operation)
    yield from ("## Models", "")
    for name, model in document["components"]["schemas"].items():
        yield from (f"### {name}", "", meaning(model), "")
        yield from properties(model)
        yield ""


def _operation(title: str, operation: JsonObject) -> Iterator[str]:
    callers = [_CALLERS[name] for one in operation.get("security", ()) for name in one]
    yield from (f"## {title}", "", operation["summary"], "")
    yield from (f"Callers: {' or '.join(callers) or 'everybody'}.", "")
    if parameters := operation.get("parameters"):
        rows = (
            (
                f"`{one['name']}`",
                one["in"],
                type_words(one["schema"]) + (", **required**" if one["required"] else ""),
                one["description"],
            )
            for one in parameters
        )
        yield from (*table(("parameter", "in", "type", "meaning"), rows), "")
    if body := operation.get("requestBody"):
        contents = (
            (f"`{media}`", type_words(content["schema"]))
            for media, content in body["content"].items()
        )
        yield from (body["description"], "", *table(("body", "type"), contents), "")
    responses = (
        (f"`{status}`", _bodies(response), response["description"])
        for status, response in sorted(operation["responses"].items())
    )
    yield from (*table(("status", "body", "meaning"), responses), "")


def _bodies(response: JsonObject) -> str:
    kinds = {
        type_words(content.get("schema", {})) for content in response.get("content", {}).values()
    }
    return " or ".join(sorted(kinds))


def fetch(data: Path) -> None:
    """Write the documents of a running router's services.

    Args:
        data: Folder of the router, as of ``route311 up --data``.
    """
    stack = json.loads((data / "stack.json").read_text())
    for service in SERVICES:
        url = f"{stack[service]}/openapi.json"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of our own router
            (DOCUMENTS / f"{service}.json").write_text(openapi_text(json.load(answer)))


if __name__ == "__main__":
    fetch(Path(sys.argv[1] if len(sys.argv) > 1 else ".route311"))
