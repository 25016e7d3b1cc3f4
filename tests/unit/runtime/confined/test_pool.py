"""Confined processes: each job has a fork of its own, and none takes more than its limits."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import psutil
import pytest

from shared.runtime.confined.pool import ConfinedPool, JobDiedError
from tests.support.waiting import eventually

WORKER = """
import os, resource, signal, socket, sys, time
from shared.runtime.confined.worker import JobLimits, serve
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
seen = []
def work(job):
    seen.append(job)
    {}
    return [job, b" ", str(len(seen)).encode()]
serve(work, JobLimits(256_000_000, 0.5))
"""


@asynccontextmanager
async def pool(
    code: str, *, within_s: float = 60, processes: int = 1
) -> AsyncGenerator[ConfinedPool]:
    """Processes that run this code for each job."""
    command = (sys.executable, "-I", "-c", WORKER.format(code))
    pool = ConfinedPool(command, processes, within_s, 10_000_000)
    try:
        yield pool
    finally:
        await pool.close()


def children() -> list[psutil.Process]:
    """The processes of the pool: the warm ones and their forks that have not ended."""
    found = list[psutil.Process]()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # or a zombie
            if any("shared.runtime.confined" in argument for argument in child.cmdline()):
                found.append(child)
    return found


async def test_a_warm_process_answers_each_job_and_keeps_nothing_of_it() -> None:
    async with pool("pass") as warm:
        await warm.start()
        answers = [await warm.run(b"a", b"b"), await warm.run(b"c" * 5_000_000)]

        async def forks_have_ended() -> bool:
            return len({one.pid for one in children()}) == 1

        await eventually(forks_have_ended)

    assert answers == [b"ab 1", b"c" * 5_000_000 + b" 1"]
    assert not children()


@pytest.mark.parametrize(
    "code",
    [
        "[None for _ in iter(int, 1)]",
        "sum([bytes(100_000_000)] * 2, [bytes(300_000_000)])",
        "open('/etc/hostname')",
        "socket.socket()",
        "os.kill(os.getpid(), 11)",
        "raise ValueError",
        "return [bytes(20_000_000)]",
        "os._exit(3)",
    ],
)
async def test_a_job_that_dies_has_no_answer_and_the_next_one_has(code: str) -> None:
    async with pool(f"if job == b'bad': {code}") as warm:
        with pytest.raises(JobDiedError):
            await warm.run(b"bad")
        assert await warm.run(b"good") == b"good 1"


async def test_a_job_that_waits_is_killed_with_its_process_after_its_time() -> None:
    async with pool("time.sleep(60)", within_s=2) as warm:
        with pytest.raises(JobDiedError):
            await warm.run(b"late")

        assert not children()


async def test_a_job_has_no_environment_and_no_input_of_the_next() -> None:
    async with pool("return [str((dict(os.environ), os.read(0, 1))).encode()]") as warm:
        answers = await asyncio.gather(warm.run(b"a"), warm.run(b"b"))

    assert set(answers) == {b"({'LC_CTYPE': 'C.UTF-8'}, b'')"}


async def test_a_job_whose_caller_went_ends_and_its_process_stays_warm() -> None:
    async with pool("if job == b'a': signal.sigwait({signal.SIGUSR1})") as warm:
        await warm.start()
        pids = {one.pid for one in await eventually(_warm)}
        gone = asyncio.create_task(warm.run(b"a"))
        [fork] = await eventually(lambda: _forks(pids))
        gone.cancel()
        next_one = asyncio.create_task(warm.run(b"b"))
        fork.send_signal(signal.SIGUSR1)
        answer = await next_one

        assert answer == b"b 1"
        assert pids <= {one.pid for one in children()}


async def _warm() -> list[psutil.Process]:
    return children()  # a process has no arguments yet for a moment after its start


async def _forks(pids: set[int]) -> list[psutil.Process]:
    return [one for one in children() if one.pid not in pids]
