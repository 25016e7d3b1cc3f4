"""Stacks killed, started again, and side by side."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from cli.connection import NoRouterError, load_stack
from deploy.local.folder import open_folder
from deploy.local.process import is_running
from deploy.local.readiness import http_ready
from shared.runtime.kafka.admin import answers
from tests.integration.stack.router import PROGRAMS, TIMEOUT_S, Router, port_of, running_router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

KAFKA_STEPS = ("topics", "users of Kafka", "access rules")


async def write_note(dsn: str, note: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
    await connection.execute("INSERT INTO notes VALUES ($1)", note)
    await connection.close()


async def notes(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT note FROM notes")
    await connection.close()
    return [row["note"] for row in rows]


async def test_a_second_router_in_the_same_folder_is_refused_in_one_line(router: Router) -> None:
    program = Path(sys.executable).with_name("route311")
    second = await asyncio.create_subprocess_exec(
        program, "up", "--data", router.data, stderr=subprocess.PIPE
    )
    _, error = await second.communicate()

    assert second.returncode == 1
    assert error.decode().splitlines() == [
        f"route311: a router is already running in {router.data}; stop it first"
    ]


async def test_what_is_killed_comes_back_on_its_port_with_its_data_and_its_last_lines_shown(
    router: Router,
) -> None:
    stack, before = router.stack, router.records()
    await write_note(stack.postgres, "committed before the kill")
    killed = ("kafka", "postgres", "mail", "triage")

    for name in killed:
        os.kill(before[name].pid, signal.SIGKILL)

    async def all_are_new() -> bool:
        now = router.records()
        return all(now[name].pid != before[name].pid and is_running(now[name]) for name in killed)

    async def broker_answers() -> bool:
        return await answers(stack.access)

    async def service_is_ready() -> bool:
        return await http_ready(port_of(stack.triage))

    await eventually(all_are_new, within_s=TIMEOUT_S)
    await eventually(service_is_ready, within_s=TIMEOUT_S)
    await eventually(broker_answers, within_s=TIMEOUT_S)
    assert "committed before the kill" in await notes(stack.postgres)
    assert "triage     was killed by SIGKILL; starts again at once" in router.printed()
    assert "    info service_started" in router.printed()


async def test_the_next_router_ends_the_leftovers_of_a_killed_one_and_keeps_its_data(
    router: Router,
) -> None:
    before, stack = router.records(), router.stack
    await write_note(stack.postgres, "committed before the router died")
    assert await router.stop(signal.SIGKILL) == -signal.SIGKILL
    assert all(is_running(record) for record in before.values())
    with pytest.raises(NoRouterError, match="no running router"):
        load_stack(router.data)

    again = await router.up()

    assert not any(is_running(record) for record in before.values())
    assert set(router.records()) == PROGRAMS
    assert f"ended processes of an earlier run: {', '.join(sorted(PROGRAMS))}" in router.printed()
    assert again == stack
    assert "committed before the router died" in await notes(again.postgres)
    for step in ("tables: 0 steps", *(f"{what}: 0 changes" for what in KAFKA_STEPS)):
        assert step in router.printed()


@pytest.mark.long
async def test_two_routers_live_side_by_side_and_ctrl_c_ends_one_without_a_trace(
    router: Router, tmp_path: Path
) -> None:
    with open_folder(tmp_path / "data") as old:
        (old.kafka / "data").mkdir(parents=True)
        (old.kafka / "data" / "meta.properties").write_text("of an older broker")
    async with running_router(tmp_path / "data", "--fresh") as other:
        theirs, ours, records = other.stack, router.stack, other.records()
        assert {theirs.kafka, theirs.intake, theirs.mail}.isdisjoint({ours.kafka, ours.intake})

        began = time.monotonic()
        assert await other.stop(signal.SIGINT) == 0

        assert time.monotonic() - began < 10
        assert set(records) == PROGRAMS
        assert not any(is_running(record) for record in records.values())
        assert not other.records()
        assert not (other.data / "stack.json").exists()
        assert all(is_running(record) for record in router.records().values())
