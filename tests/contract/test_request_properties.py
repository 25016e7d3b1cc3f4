"""No handler reads a request by a property of aiohttp whose cost a stranger decides."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared/runtime/http")
PARSED = {
    *("charset", "content_type", "cookies", "forwarded", "http_range"),
    *("if_match", "if_none_match", "if_range", "if_modified_since", "if_unmodified_since"),
}
"""Headers that aiohttp parses; ``shared.runtime.http.calls`` reads what is needed."""
UNBOUNDED = {"json", "multipart", "post", "read", "text"}
"""Bodies without deadline and budget; ``shared.runtime.http.body`` reads them."""


def violations(source: str) -> Iterator[str]:
    """Yield each use of such a property, of a request by its name in our code."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        is_request = isinstance(node.value, ast.Name) and node.value.id == "request"
        if node.attr in PARSED or (is_request and node.attr in UNBOUNDED):
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_handler_uses_one() -> None:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    found = {file.relative_to(ROOT): list(violations(file.read_text())) for file in files}

    assert len(files) > 100
    assert {file: uses for file, uses in found.items() if uses} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "if request.content_type == JSON: pass",
        "kind = call.content_type",
        "name = (await started()).request.charset",
        "body = await request.read()",
        "for part in await request.multipart(): pass",
    ],
)
def test_a_planted_use_is_found(planted: str) -> None:
    source = f"async def handle(request, call):\n    {planted}\n"

    assert len(list(violations(source))) == 1


def test_what_only_has_the_same_name_is_no_use() -> None:
    source = "response = web.Response(content_type=asset.media_type, charset='utf-8')"

    assert list(violations(source)) == []
