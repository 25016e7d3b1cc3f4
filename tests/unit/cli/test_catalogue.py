"""What ``route311 catalogue`` prints."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build
from tests.support.catalogue_files import GOOD, STREETS, write

RUNNER = CliRunner()
PROGRAM = build(["catalogue"])


def test_the_catalogue_that_is_built_in_has_no_fault() -> None:
    result = RUNNER.invoke(PROGRAM, ["catalogue", "check"])

    assert result.exit_code == 0
    assert "portland.gov" in result.stdout
    assert "no fault found" in result.stdout


def test_every_fault_is_one_line_on_stderr_and_the_exit_code_is_one(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, STREETS: GOOD[STREETS].replace("P2", "P7").replace("DESK\n", "D\n")})

    result = RUNNER.invoke(PROGRAM, ["catalogue", "check", "--root", str(tmp_path)])

    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"{tmp_path}/{STREETS}:7",
        f"{tmp_path}/{STREETS}:26",
    ]


def test_a_program_reads_what_the_catalogue_holds(tmp_path: Path) -> None:
    result = RUNNER.invoke(
        PROGRAM, ["catalogue", "check", "--root", str(write(tmp_path)), "--json"]
    )

    holds = json.loads(result.stdout)["jurisdictions"]["town.gov"]
    assert (holds["kinds"], holds["bureaus"], holds["polygon_files"]) == (2, 2, 0)


def test_a_program_reads_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, STREETS: GOOD[STREETS].replace("P2", "P7")})

    result = RUNNER.invoke(PROGRAM, ["catalogue", "check", "--root", str(tmp_path), "--json"])

    assert result.exit_code == 1
    [fault] = json.loads(result.stdout)["faults"]
    assert (fault["file"], fault["line"]) == (STREETS, 7)


def test_kinds_are_found_by_a_word_of_their_code_name_or_keywords() -> None:
    found = listed("kinds", "--city", "portland.gov", "--search", "POTHOLE")

    [pothole] = [kind for kind in found if kind["code"] == "ROW-POTHOLE"]
    assert pothole == {
        "city": "portland.gov",
        "code": "ROW-POTHOLE",
        "name": "Pothole",
        "group": "Street hazards",
        "priority": "P4",
        "lead": "PBOT-MAINT",
    }
    assert pothole in listed("kinds", "--search", "bache")
    assert listed("kinds", "--search", "no such word") == []


def test_bureaus_are_listed_by_city() -> None:
    cities = {bureau["city"] for bureau in listed("bureaus")}

    assert cities == {"portland.gov", "boston.gov", "sf.gov", "nyc.gov", "chicago.gov"}
    assert {bureau["city"] for bureau in listed("bureaus", "--city", "boston.gov")} == {
        "boston.gov"
    }
    assert RUNNER.invoke(PROGRAM, ["catalogue", "bureaus", "--city", "x.gov"]).exit_code == 2


@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize("command", ["kinds", "bureaus", "check"])
def test_lists_fit_the_terminal(command: str, columns: int) -> None:
    shown = RUNNER.invoke(PROGRAM, ["catalogue", command], env={"COLUMNS": str(columns)}).stdout

    assert "portland.gov" in shown
    assert max(map(len, shown.splitlines())) <= columns


def listed(*arguments: str) -> list[dict[str, str]]:
    result = RUNNER.invoke(PROGRAM, ["catalogue", *arguments, "--json"])
    found: list[dict[str, str]] = json.loads(result.stdout)[arguments[0]]
    return found
