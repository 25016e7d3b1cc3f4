"""What ``route311 routing`` prints."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import build
from cli.routing.checks import issues_of
from services.dispatch.policy import DispatchPolicy
from shared.catalogue import load_catalogue
from tests.support.catalogue_files import BUREAUS, GOOD, ROUTING, STREETS, write

RUNNER = CliRunner()
PROGRAM = build(["routing"])
NIGHT = "2026-11-22T02:00"


def test_a_route_is_explained_by_the_rule_that_matched_and_what_kept_the_others_away() -> None:
    arguments = ["--kind", "ROW-POTHOLE", "--priority", "P2", "--time", NIGHT]
    arguments += ["--at", "45.52,-122.67", "--condition", "county_bridge"]

    result = RUNNER.invoke(
        PROGRAM,
        [
            "routing",
            "explain",
            *arguments,
            "--at",
            "45.52,-122.67",
            "--condition",
            "county_bridge",
            "--json",
        ],
    )

    found = json.loads(result.stdout)
    assert (found["lead"]["bureau"], found["lead"]["rule"]) == (
        "PBOT-MOD",
        "urgent-to-dispatch-desk",
    )
    assert [(one["bureau"], one["open"]) for one in found["informed"]] == [("PBOT-MAINT", False)]
    assert found["due"]["acknowledge_by"] == "2026-11-22T03:00:00-08:00"
    assert "Multnomah County Roads" in found["notes"][0]
    unmet = {rule["rule"]: rule["unmet"] for rule in found["rules"]}
    assert unmet["urgent-to-dispatch-desk"] == []
    assert unmet["park-hazard-to-rangers-at-night"] == ["kinds"]


def test_a_person_reads_the_same() -> None:
    result = RUNNER.invoke(
        PROGRAM, ["routing", "explain", "--kind", "VEH-HAZARD", "--time", "2026-11-26T10:00"]
    )

    assert "VEH-HAZARD" in result.stdout
    assert "Thursday 2026-11-26 10:00 PST, a holiday" in result.stdout
    assert "by parking-to-police-at-night" in result.stdout


def test_a_place_outside_the_city_and_an_unknown_condition_are_refused() -> None:
    explain = ["routing", "explain", "--kind", "ROW-POTHOLE"]

    for wrong in (["--at", "45.2,-122.0"], ["--at", "here"], ["--condition", "wet"]):
        assert RUNNER.invoke(PROGRAM, [*explain, *wrong]).exit_code == 2


def test_each_planted_fault_is_found(tmp_path: Path) -> None:
    rules = """\
- {rule: takes-all, when: {}, lead: DESK}
- {rule: never-tried, when: {kinds: HOLE}, lead: ROADS}
- {rule: never-meets, when: {kinds: HOLE, groups: other}, note: Never.}
"""
    bureaus = """\
ROADS: {name: Roads, hours: 24/7, escalates_to: DESK}
DESK: {name: Service desk, escalates_to: ROADS}
IDLE: {name: No work}
"""
    streets = GOOD[STREETS].replace(", ROADS]", "]")
    root = write(tmp_path, {**GOOD, ROUTING: rules, BUREAUS: bureaus, STREETS: streets})
    policy = DispatchPolicy.of(load_catalogue(root))

    found = issues_of(policy.catalogue.jurisdictions["town.gov"], policy)

    assert {(issue.code, issue.subject) for issue in found} == {
        ("unreachable_rule", "never-tried"),
        ("unreachable_rule", "never-meets"),
        ("no_lead", "HOLE"),
        ("closed_lead", "HOLE"),
        ("closed_lead", "OTHER"),
        ("unreachable_bureau", "IDLE"),
        ("escalation_loop", "ROADS"),
    }
    result = RUNNER.invoke(PROGRAM, ["routing", "check", "--root", str(root)])
    assert result.exit_code == 1
    assert "ROADS → DESK → ROADS" in result.stdout


def test_the_table_has_a_line_for_each_kind_and_its_hazard() -> None:
    result = RUNNER.invoke(PROGRAM, ["routing", "table", "--json"])

    rows = json.loads(result.stdout)["rows"]
    pothole = {row["level"]: row["Sunday 02:00"] for row in rows if "`ROW-POTHOLE`" in row["kind"]}
    assert pothole == {
        "P4": "**PBOT-MAINT**; seen Wed 25 Nov 17:00, done Wed 06 Jan 17:00",
        "P2 hazard": "**PBOT-MOD** with PBOT-MAINT; seen Sun 22 Nov 03:00, done Mon 23 Nov 02:00",
    }


def test_a_danger_of_no_kind_is_explained_and_in_the_table() -> None:
    def explained(*dangers: str) -> list[str]:
        options = [word for danger in dangers for word in ("--danger", danger)]
        arguments = ["--kind", "OTHER", "--priority", "P1", "--time", NIGHT, *options, "--json"]
        found = json.loads(RUNNER.invoke(PROGRAM, ["routing", "explain", *arguments]).stdout)
        return [found["lead"]["bureau"], *(one["bureau"] for one in found["informed"])]

    assert explained("fire") == ["PFR", "311-TRIAGE"]
    assert explained("collapse") == ["PFR", "311-TRIAGE", "PPD-BUILDING"]
    assert explained("live_electricity") == ["PBOT-MOD", "311-TRIAGE"]
    assert explained("weapon", "fire") == ["PFR", "311-TRIAGE", "PPB"]
    assert explained("self_harm") == ["PSR", "311-TRIAGE"]
    assert explained("medical") == ["PBOT-MOD", "311-TRIAGE"]
    unknown = RUNNER.invoke(PROGRAM, ["routing", "explain", "--kind", "OTHER", "--danger", "rain"])
    assert unknown.exit_code == 2
    table = RUNNER.invoke(PROGRAM, ["routing", "table"]).stdout
    assert "| P1 live electricity | **PBOT-MOD** with 311-TRIAGE;" in table
