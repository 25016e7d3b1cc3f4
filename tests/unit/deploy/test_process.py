import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from deploy.local.errors import StartError
from deploy.local.folder import DataFolder
from deploy.local.process import (
    READ_GO_THEN_RUN,
    Process,
    ProcessRecord,
    Program,
    is_running,
    run_command,
)
from tests.support.waiting import eventually
from tests.unit.deploy.probes import not_ready, ready

IGNORES_SIGTERM = ("sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done")


@asynccontextmanager
async def started(folder: DataFolder, *argv: str) -> AsyncGenerator[Process]:
    process = Process(Program("program", argv, 0, ready), folder)
    await process.start()
    try:
        yield process
    finally:
        process.kill()
        await process.wait_for_exit()


@asynccontextmanager
async def ignoring_sigterm(folder: DataFolder) -> AsyncGenerator[Process]:
    async with started(folder, *IGNORES_SIGTERM) as process:

        async def traps() -> bool:
            return process.last_lines() == ["ready"]

        await eventually(traps)
        yield process


async def test_a_process_is_recorded_while_it_runs_and_forgotten_when_stopped(
    folder: DataFolder,
) -> None:
    async with started(folder, "sleep", "60") as process:
        record = ProcessRecord.model_validate_json((folder.processes / "program.json").read_bytes())
        assert record.pid == process.pid
        assert is_running(record)

        async def has_become_the_program() -> bool:
            return psutil.Process(record.pid).cmdline() == ["sleep", "60"]

        await eventually(has_become_the_program)
        await process.stop(within_s=30)

        assert process.exit_code == -15
        assert not list(folder.processes.iterdir())


async def test_a_stopped_process_can_be_started_again(folder: DataFolder) -> None:
    async with started(folder, "sleep", "60") as process:
        first = process.pid
        await process.stop(within_s=30)
        assert process.pid is None

        await process.start()

        assert process.pid not in (None, first)


async def test_a_process_that_does_not_listen_is_ended_by_force_in_time(
    folder: DataFolder,
) -> None:
    async with ignoring_sigterm(folder) as process, asyncio.timeout(60):
        await process.stop(within_s=0.2)

        assert process.exit_code == -9


async def test_a_cancelled_stop_leaves_no_process_behind(folder: DataFolder) -> None:
    async with ignoring_sigterm(folder) as process:
        stop = asyncio.create_task(process.stop(within_s=60))
        await asyncio.wait([stop], timeout=0.05)

        stop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stop

        assert process.exit_code == -9


async def test_a_program_that_ends_first_says_why_by_its_last_lines(folder: DataFolder) -> None:
    argv = ("sh", "-c", "seq 20; echo 'no such setting'; exit 3")
    process = Process(Program("broken", argv, 0, not_ready), folder)

    with pytest.raises(StartError, match=r"broken ended before it was ready") as failure:
        await process.start()

    shown = str(failure.value).splitlines()[1:]
    assert len(shown) == 15
    assert shown[-1].strip() == "no such setting"
    assert process.exit_code == 3


async def test_a_program_that_does_not_answer_in_time_is_an_error(folder: DataFolder) -> None:
    process = Process(Program("sleeper", ("sleep", "60"), 0, not_ready), folder)

    with pytest.raises(StartError, match="not ready"):
        await process.start(within_s=0.05)

    await process.stop(within_s=30)


async def test_lines_of_an_earlier_launch_are_not_shown(folder: DataFolder) -> None:
    process = Process(Program("echo", ("echo", "once"), 0, ready), folder)
    for _ in range(2):
        await process.start()
        await process.wait_for_exit()

    assert process.last_lines() == ["once"]
    assert (folder.logs / "echo.log").read_text() == "once\nonce\n"


async def test_a_long_log_is_put_aside_at_the_next_launch(folder: DataFolder) -> None:
    log = folder.logs / "echo.log"
    log.write_bytes(b"x" * 6_000_000)
    process = Process(Program("echo", ("echo", "new"), 0, ready), folder)

    await process.start()
    await process.wait_for_exit()

    assert log.read_text() == "new\n"
    assert (folder.logs / "echo.log.1").stat().st_size == 6_000_000


async def test_a_cancelled_command_ends_in_the_middle_of_its_output_and_of_a_childs_life(
    tmp_path: Path,
) -> None:
    number = tmp_path / "pid"
    script = f"sleep 60 & echo $$ > {number}; exec yes"
    command = asyncio.create_task(run_command("it failed", ("sh", "-c", script)))

    async def writes() -> bool:
        pid = number.read_text().strip() if number.exists() else ""
        return bool(pid) and psutil.Process(int(pid)).io_counters().write_chars > 10_000_000

    await eventually(writes)
    command.cancel()
    _, hanging = await asyncio.wait({command}, timeout=20)

    assert not hanging
    assert command.cancelled()


def test_a_program_never_runs_when_its_starter_dies_before_writing_it_down(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    starter_is_gone, nobody_writes = os.pipe()
    os.close(nobody_writes)
    command = ("/bin/sh", "-c", READ_GO_THEN_RUN, "program", "touch", str(ran))

    done = subprocess.run(command, stdin=starter_is_gone, check=False)  # noqa: S603 - ours
    os.close(starter_is_gone)

    assert done.returncode != 0
    assert not ran.exists()
