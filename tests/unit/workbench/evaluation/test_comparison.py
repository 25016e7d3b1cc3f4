import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import build
from shared.catalogue import PACKAGE_DATA
from tests.unit.workbench.evaluation.factories import as_csv, row, write

KIND = {"service_code": "CAMP-REPORT"}


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    rules = tmp_path / "rules"
    shutil.copytree(PACKAGE_DATA, rules, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = rules / "portland.gov" / "services" / "homelessness.yaml"
    file.write_text(file.read_text().replace("window: 7 d", "window: 1 d"))
    rows = [row("a", **KIND), row("b", reported_at="2026-09-04T12:00:00", **KIND)]
    requests = write(tmp_path / "past.csv", as_csv(*rows))
    return ["triage", "evaluate", str(requests), "--compare", str(PACKAGE_DATA), str(rules)]


def run(words: list[str]) -> Any:
    return CliRunner().invoke(build(words), words)


def test_a_request_that_new_rules_decide_differently_is_listed_with_both_verdicts(
    words: list[str],
) -> None:
    found = json.loads(run([*words, "--json"]).stdout.splitlines()[-1])

    [change] = found["changes"]
    assert (found["requests"], change["request_id"]) == (2, "b")
    assert change["before"]["outcome"] == "duplicate"
    assert change["after"]["outcome"] == "recurrence"
    assert change["before"]["held_against"] == change["after"]["held_against"] == "a"
    assert len(set(found["rules_versions"])) == 2


def test_only_what_is_counted_is_compared(words: list[str]) -> None:
    found = json.loads(run([*words, "--to", "2026-09-03", "--json"]).stdout.splitlines()[-1])

    assert (found["requests"], found["changes"]) == (1, [])


def test_the_same_rules_change_nothing(words: list[str]) -> None:
    again = [*words[:-1], words[-2]]

    assert "0 of 2 requests" in run(again).stdout


def test_a_person_sees_how_often_and_which(words: list[str]) -> None:
    shown = run(words).stdout

    assert "1  duplicate -> recurrence" in shown
    assert "1 of 2 requests" in shown
