"""What ``route311 catalogue check`` prints."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import build
from tests.catalogue_files import GOOD, STREETS, write

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
