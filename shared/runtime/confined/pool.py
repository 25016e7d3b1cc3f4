"""A pool of confined processes."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field

from shared.runtime.confined.worker import SIZE_BYTES

_CHUNK = 256 * 1024


class JobDiedError(Exception):
    """A job exceeded a limit, or its process died."""


@dataclass(frozen=True, slots=True)
class ConfinedPool:
    """A pool of warm processes with one job at a time each, started on demand.

    Attributes:
        within_s: Seconds for a job, however busy the machine; then its process is killed.
        max_answer_bytes: A longer answer counts as a death.
    """

    command: tuple[str, ...]
    processes: int
    within_s: float
    max_answer_bytes: int
    _idle: asyncio.LifoQueue[Process | None] = field(default_factory=asyncio.LifoQueue)
    _jobs: set[asyncio.Task[bytes]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for _ in range(self.processes):
            self._idle.put_nowait(None)

    async def run(self, *job: bytes) -> bytes:
        """Return the answer to a job, given in pieces.

        Once begun it continues without its caller: killing a process and starting another one costs
        more than most jobs.

        Raises:
            JobDiedError: There is no answer.
        """
        process = await self._idle.get()
        task = asyncio.create_task(self._answered(process, job))
        self._jobs.add(task)
        task.add_done_callback(self._end)
        return await asyncio.shield(task)

    async def start(self) -> None:
        """Start one process, so that it is warm for the first job."""
        self._idle.put_nowait(await self._idle.get() or await self._started())

    async def close(self) -> None:
        """Kill every process; running jobs get no answer."""
        for task in self._jobs:
            task.cancel()
        for _ in range(self.processes):
            if process := await self._idle.get():
                await _kill(process)
        for _ in range(self.processes):
            self._idle.put_nowait(None)

    async def _answered(self, process: Process | None, job: tuple[bytes, ...]) -> bytes:
        is_usable = False
        try:
            async with asyncio.timeout(self.within_s):
                process = process or await self._started()
                answer = await self._exchange(process, job)
            is_usable = True
        except (TimeoutError, asyncio.IncompleteReadError):
            raise JobDiedError from None
        else:
            return answer
        finally:
            if process and not is_usable:
                await _kill(process)
            self._idle.put_nowait(process if is_usable else None)

    async def _exchange(self, process: Process, job: tuple[bytes, ...]) -> bytes:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        with suppress(ConnectionError):  # it died, and has no answer
            process.stdin.write(sum(map(len, job)).to_bytes(SIZE_BYTES))
            for piece in job:
                for start in range(0, len(piece), _CHUNK):
                    process.stdin.write(piece[start : start + _CHUNK])
                    await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(SIZE_BYTES))
        if size > self.max_answer_bytes:
            raise JobDiedError
        return await process.stdout.readexactly(size)

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the service; a job is killed with its worker
        )

    def _end(self, task: asyncio.Task[bytes]) -> None:
        self._jobs.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, if the caller is gone


async def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()  # its exit is reported after its output is read
