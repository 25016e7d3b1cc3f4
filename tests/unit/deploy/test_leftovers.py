import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGTERM

from deploy.local.folder import DataFolder, write_json
from deploy.local.process import ProcessRecord, end_leftovers, is_running, record_process

SLEEP = ("sleep", "60")
IGNORES_SIGTERM = ("sh", "-c", "trap '' TERM; echo ready; while true; do sleep 1; done")


@contextmanager
def process(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as popen:  # noqa: S603 - ours
        try:
            yield popen
        finally:
            popen.kill()


def test_a_recorded_process_runs_until_it_ends(folder: DataFolder) -> None:
    with process(*SLEEP) as popen:
        record = record_process(folder, "kafka", popen.pid, SIGTERM)
        assert is_running(record)
    assert not is_running(record)


async def test_a_leftover_is_ended_and_its_record_dropped(folder: DataFolder) -> None:
    with process(*SLEEP) as popen:
        record_process(folder, "kafka", popen.pid, SIGTERM)

        assert await end_leftovers(folder) == ["kafka"]

        assert popen.wait() == -SIGTERM
    assert not list(folder.processes.iterdir())


async def test_a_leftover_that_does_not_listen_is_ended_by_force(folder: DataFolder) -> None:
    with process(*IGNORES_SIGTERM) as popen:
        assert popen.stdout
        await asyncio.to_thread(popen.stdout.readline)
        record_process(folder, "kafka", popen.pid, SIGTERM)

        assert await end_leftovers(folder, within_s=0.1) == ["kafka"]

        assert popen.wait() == -9


async def test_another_process_that_got_the_number_of_ours_is_left_alone(
    folder: DataFolder,
) -> None:
    with process(*SLEEP) as popen:
        ours = record_process(folder, "kafka", popen.pid, SIGTERM)
        earlier = ours.model_copy(update={"started": ours.started - 60})
        write_json(folder.processes / "kafka.json", earlier.model_dump())

        assert await end_leftovers(folder) == []

        assert popen.poll() is None
    assert not list(folder.processes.iterdir())


async def test_a_damaged_record_holds_nothing_up(folder: DataFolder) -> None:
    (folder.processes / "kafka.json").write_text("{")

    assert await end_leftovers(folder) == []


def test_a_number_that_nobody_has_does_not_run() -> None:
    assert not is_running(
        ProcessRecord(name="kafka", pid=2**22 + 1, started=0, stop_signal=SIGTERM)
    )
