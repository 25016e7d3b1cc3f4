"""The benchmarks of scale at their smallest, each with a router of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("route311")
SERVICES = {"intake", "triage", "dispatch", "notify"}

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def bench(*arguments: str) -> Any:
    command = (str(PROGRAM), "bench", *arguments, "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_profile_names_statements_topics_and_bytes_and_can_be_planned_with(
    tmp_path: Path,
) -> None:
    measured = bench("e2e", "--requests", "300", "--profile")

    profile = measured["profile"]
    assert measured["result"]["accepted"] == 300
    assert measured["ratio"] == measured["requests_per_second"] / measured["raw_per_s"]
    assert {one["service"] for one in profile["statements"]} == SERVICES
    assert profile["database_cpu_s"].keys() >= SERVICES
    assert profile["topics"]["intake-requests"]["records"] > 200
    assert 0 < sum(profile["wal_by_service"].values()) <= profile["wal_bytes"]

    file = tmp_path / "profile.json"
    file.write_text(json.dumps(measured))
    plan = bench("plan", str(file), "--a-year", "226774", "--burst", "46")
    assert plan["processes"].keys() == SERVICES
    assert plan["table_bytes_a_year"] > 0


def test_acceptance_over_http_is_compared_with_bare_transactions() -> None:
    found = bench("accepts", "--connections", "8", "--seconds", "2")

    assert found["ratio"] == found["http"]["per_s"] / found["bare"]["per_s"] > 0
    assert 0 < found["http"]["p50_ms"] <= found["http"]["p99_ms"]
    assert found["bulk_per_s"] > 0
    assert found["parts"].keys() >= {"intake", "postgres"}


def test_two_processes_share_the_work_over_more_partitions() -> None:
    (run,) = bench(
        *("scale", "--service", "triage", "--processes", "2"),
        *("--partitions", "24", "--requests", "300"),
    )

    assert (run["processes"], run["partitions"]) == (2, 24)
    assert run["requests_per_second"] > 0
    assert run["parts"]["triage"]["memory_mib"] > 1.5 * run["parts"]["dispatch"]["memory_mib"]
    assert run["bottleneck"]["reason"]


def test_tables_are_filled_before_requests_are_measured() -> None:
    small, large = bench("size", "--open", "5000", "--closed", "5000", "--requests", "300")

    assert (small["size"], large["size"]) == (
        {"open_cases": 5000, "closed_cases": 0},
        {"open_cases": 5000, "closed_cases": 5000},
    )
    assert large["disk_bytes"]["dispatch"] > 1.5 * small["disk_bytes"]["dispatch"]
    assert {one["service"] for one in large["profile"]["statements"]} == SERVICES
