"""The arithmetic of sizing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS
from workbench.bench.plan import plan_for, request_cost, retention_by_topic

RESULT: dict[str, Any] = {
    "requests": 1000,
    "profile": {
        "parts": {
            "intake": {"cpu_s": 0.6, "memory_mib": 1},
            "triage": {"cpu_s": 0.4, "memory_mib": 1},
            "dispatch": {"cpu_s": 0.3, "memory_mib": 1},
            "insight": {"cpu_s": 0.0, "memory_mib": 1},
            "notify": {"cpu_s": 0.2, "memory_mib": 1},
            "kafka": {"cpu_s": 0.5, "memory_mib": 1},
        },
        "wal_bytes": 20_000_000,
        "disk_bytes": {"intake": 1_000_000, "triage": 3_000_000, "outbox": 8_000_000},
        "topics": {
            "intake-requests": {"records": 1000, "bytes": 500_000},
            "triage-stream-voices-changelog": {"records": 100, "bytes": 10_000},
        },
    },
}
RETENTION = {"intake-requests": 30.0}


def test_a_request_costs_its_share_and_outboxes_are_no_table() -> None:
    cost = request_cost(RESULT)

    assert cost.cpu_s["intake"] == pytest.approx(0.0006)
    assert cost.wal_bytes == 20_000
    assert (cost.table_bytes, cost.outbox_bytes) == (4_000, 8_000)
    assert cost.topic_bytes["intake-requests"] == 500


def test_a_load_takes_so_many_times_the_cost() -> None:
    plan = plan_for(request_cost(RESULT), 365_000, 50.0, RETENTION)  # 1,000 a day

    assert plan.mean_per_s == pytest.approx(1000 / 86_400)
    assert plan.mean_cores == pytest.approx(1000 / 86_400 * 0.002)
    assert plan.burst_cores == pytest.approx(0.1)
    assert plan.wal_bytes_a_day == pytest.approx(20e6)
    assert plan.table_bytes_a_year == pytest.approx(365_000 * 4_000)
    assert plan.outbox_bytes == pytest.approx(1000 * 29 / 24 * 8_000)
    assert plan.kafka_bytes == pytest.approx(1000 * (30 * 500 + 2 * 10))


@pytest.mark.parametrize(("burst_per_s", "processes"), [(0, 1), (999, 1), (1001, 2), (3001, 4)])
def test_a_process_is_loaded_to_three_fifths_of_a_core(burst_per_s: float, processes: int) -> None:
    plan = plan_for(request_cost(RESULT), 1, burst_per_s, RETENTION)

    assert plan.processes["intake"] == processes  # at 0.6 ms a request


def test_what_is_compacted_counts_as_kept_for_a_year() -> None:
    week = replace(INTAKE_REQUESTS, name="week", retention=timedelta(days=7))

    assert retention_by_topic([week, INTAKE_CONTACTS]) == {"week": 7, "intake-contacts": 365}
