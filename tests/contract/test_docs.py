"""The documentation is complete, its examples hold, and its site builds."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from docs._tools.assemble import assemble
from docs._tools.contract_pages import ASYNCAPI, Contract, page_of
from shared.contract.events import Event, Priority
from shared.contract.topics import DISPATCH_CASES
from tests.support.paths import REPOSITORY

DOCS = REPOSITORY / "docs"
CONTRACT = Contract.read(ASYNCAPI)
ADRS = sorted((DOCS / "adr").glob("[0-9]*.md"))
FENCE = re.compile(r'^```(\w+) title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
OURS = re.compile(r"`((?:cli|deploy|docs|services|shared|tests|workbench)/[\w./-]*)`")
PATH = re.compile(r"[\w.<>/-]+/[\w./-]*")
MODELS = {"Submission": "submission.v1", "Acceptance": "submission.accepted.v1"}
PROBLEM_FIELDS = {"type", "title", "status", "detail", "errors"}


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(title, text, id=f"{page}-{number}-{title}")
        for page in ("adapters.md", "bureaus.md")
        for number, (name, title, text) in enumerate(FENCE.findall((DOCS / page).read_text()))
        if name == language
    ]


def schema_of(title: str, value: dict[str, Any]) -> dict[str, Any]:
    event = value["type"] if title == "Event" else f"route311.{MODELS[title]}"
    schema: dict[str, Any] = json.loads(CONTRACT.schemas[event].read_text())
    return (
        schema if title == "Event" else {**schema["properties"]["data"], "$defs": schema["$defs"]}
    )


def places() -> list[str]:
    """Every module in the glossary's tables, and every path of ours that some page names."""
    rows = re.findall(r"^\|.*\| ([^|]+) \|$", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    named = {place for cell in rows for place in CODE.findall(cell)}
    for page in DOCS.rglob("*.md"):
        named |= set(OURS.findall(page.read_text()))
    return sorted(named)


def facts_of(adr: Path) -> tuple[str, str, str]:
    """The title, status and date of an ADR."""
    text = adr.read_text()
    title = re.search(r"\A# \d+\. (.+)$", text, re.MULTILINE)
    date = re.search(r"^- Date: (\d{4}-\d\d-\d\d)$", text, re.MULTILINE)
    status = re.search(r"^- Status: (Accepted|Superseded by \d+)$", text, re.MULTILINE)
    assert title
    assert date
    assert status
    return title[1], status[1], date[1]


@pytest.mark.parametrize(("title", "text"), blocks("json"))
def test_a_json_example_is_what_the_contract_asks_for(title: str, text: str) -> None:
    value = json.loads(text)
    if title == "Problem":
        assert set(value) <= PROBLEM_FIELDS
        return

    Draft202012Validator(schema_of(title, value)).validate(value)


def test_the_connector_of_the_guide_names_what_the_events_hold() -> None:
    [connector] = [
        json.loads(text)
        for _, title, text in FENCE.findall((DOCS / "live-exports.md").read_text())
        if title == "connector"
    ]
    payloads: list[Any] = [event.model_fields["data"].annotation for event in DISPATCH_CASES.events]
    fields = {f"data_{name}" for payload in payloads for name in payload.model_fields}
    fields |= {f"data_priority_{name}" for name in Priority.model_fields}

    assert connector["topics"] == DISPATCH_CASES.name
    assert set(connector["transforms.secret.exclude"].split(",")) <= fields
    assert set(connector["transforms.attributes.include"].split(",")) <= set(Event.model_fields)


@pytest.mark.parametrize(("title", "text"), blocks("python"))
def test_a_python_example_compiles(title: str, text: str) -> None:
    compile(text, title, "exec")


@pytest.mark.parametrize("place", places())
def test_a_module_or_file_that_the_docs_name_exists(place: str) -> None:
    assert (REPOSITORY / place).exists()


def test_the_index_lists_every_adr_with_its_status_and_date() -> None:
    rows = re.findall(
        r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (.+) \| (.+) \| .+ \|$",
        (DOCS / "adr" / "README.md").read_text(),
        re.MULTILINE,
    )

    listed = {
        name: (int(number), title, status, date) for number, title, name, status, date in rows
    }

    assert listed == {adr.name: (int(adr.name[:4]), *facts_of(adr)) for adr in ADRS}


@pytest.mark.parametrize("adr", ADRS, ids=lambda adr: adr.stem)
def test_the_guard_that_an_adr_names_exists(adr: Path) -> None:
    guard = adr.read_text().partition("\n## Guard\n")[2]
    tests = "\n".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert guard
    for name in CODE.findall(guard):
        if PATH.fullmatch(name):
            assert (REPOSITORY / name).exists(), name
        elif name.startswith("test_") and not name.endswith(".py"):
            assert f"def {name}(" in tests, name
    assert set(re.findall(r'"([^"]+)"', guard)) <= {c["name"] for c in contracts["contracts"]}


def test_the_site_builds_without_a_broken_link_and_has_a_page_for_every_event(
    tmp_path: Path,
) -> None:
    assemble(tmp_path)
    config = str(tmp_path / "mkdocs.yml")
    build = [sys.executable, "-m", "zensical", "build", "--strict", "-f", config]
    done = subprocess.run(build, check=False, capture_output=True, text=True)  # noqa: S603 - ours

    assert done.returncode == 0, done.stdout + done.stderr
    assert Contract.read(tmp_path / "site" / ASYNCAPI.name).topics == CONTRACT.topics
    for event, schema in Contract.read(tmp_path / "site" / ASYNCAPI.name).schemas.items():
        assert schema.read_text() == CONTRACT.schemas[event].read_text()
        page = (tmp_path / "site" / page_of(event)).with_suffix(".html")
        assert page.name.removesuffix(".html") in page.read_text()


def test_every_page_is_in_the_navigation() -> None:
    listed = json.dumps(yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text())["nav"])

    for page in DOCS.rglob("*.md"):
        assert f'"{page.relative_to(DOCS)}"' in listed, page
