"""Parts of the router among processes, and what they used."""

import pytest

from workbench.bench.usage import ProcessUsage, Usage, part_of, role_of, usage_by_part, used_since


@pytest.mark.parametrize(
    ("command", "part", "role"),
    [
        ("/x/python -m services.triage", "triage", ""),
        ("/x/python -m services.triage.surges", "surge watcher", ""),
        ("/x/python -m deploy.local.mail --folder /m", "mail sink", ""),
        ("postgres: route311_notify postgres 127.0.0.1(5) idle", "postgres", "notify"),
        ("postgres: checkpointer ", "postgres", ""),
        ("postgres: route311_", "postgres", ""),
        ("/bin/sleep 5", None, ""),
    ],
)
def test_a_command_line_tells_part_and_role(command: str, part: str | None, role: str) -> None:
    assert (part_of(command), role_of(command)) == (part, role)


def test_processes_of_a_part_are_added_and_a_new_one_counts_from_its_start() -> None:
    before = {1: ProcessUsage("triage", "", Usage(2.0, 90.0))}
    now = {
        1: ProcessUsage("triage", "", Usage(3.0, 100.0)),
        2: ProcessUsage("triage", "", Usage(0.5, 80.0)),
        3: ProcessUsage("kafka", "", Usage(0.25, 400.0)),
    }

    parts = usage_by_part(used_since(before, now))

    assert parts == {"triage": Usage(1.5, 180.0), "kafka": Usage(0.25, 400.0)}
