"""Re-encoding of pictures, each in a process of its own, with fair queueing for these processes."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeAlias

import structlog

from services.intake.pictures import ReencodedPicture, RefusedPictureError
from services.intake.records.submissions import Uploader
from shared.errors import SystemicError

# The bytes of a picture, or a function that returns them once its turn has come.
PictureBytes: TypeAlias = bytes | Callable[[], bytes]

log = structlog.get_logger()

_MODULE = "services.intake.media.worker"
_TURN_WITHIN_S = 10.0
_MAX_REMEMBERED = 10_000  # callers
_DONE_WITHIN_S = 30.0
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_FAULTS_OF_THE_PICTURE = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
)


@dataclass(eq=False, slots=True)
class _Waiting:
    uploader: Uploader
    granted: asyncio.Event = field(default_factory=asyncio.Event)


class FairSemaphore:
    """A semaphore with fair queueing.

    Strangers never hold the last slot, unless there is just one, and each holds one at a time. A
    slot goes to the class that holds fewer, and in it to the caller that has had the least time
    since there was no queue.
    """

    def __init__(self, slots: int) -> None:
        """Make so many slots, at least 1."""
        self._slots, self._of_strangers = slots, max(1, slots - 1)
        self._waiting: list[_Waiting] = []
        self._running: Counter[Uploader] = Counter()
        self._used_s: dict[Uploader, float] = defaultdict(float)

    @asynccontextmanager
    async def slot(self, uploader: Uploader, within_s: float) -> AsyncGenerator[None]:
        """Hold a slot."""
        await self._wait(uploader, within_s)
        began = monotonic()
        try:
            yield
        finally:
            self._used_s[uploader] += monotonic() - began
            self._release(uploader)

    async def _wait(self, uploader: Uploader, within_s: float) -> None:
        waiting = _Waiting(uploader)
        self._waiting.append(waiting)
        self._grant()
        try:
            async with asyncio.timeout(within_s):
                await waiting.granted.wait()
        except BaseException:
            if waiting.granted.is_set():
                self._release(uploader)
            else:
                self._waiting.remove(waiting)
            raise

    def _release(self, uploader: Uploader) -> None:
        self._running -= Counter((uploader,))
        self._grant()
        if not self._waiting or len(self._used_s) > _MAX_REMEMBERED:
            self._used_s.clear()

    def _grant(self) -> None:
        while able := [one for one in self._waiting if self._may_begin(one.uploader)]:
            first = min(  # the longest waiting among equals
                able,
                key=lambda one: (self._held_by_class(one.uploader), self._used_s[one.uploader]),
            )
            self._waiting.remove(first)
            self._running[first.uploader] += 1
            first.granted.set()

    def _may_begin(self, uploader: Uploader) -> bool:
        if self._running.total() >= self._slots:
            return False
        is_stranger = uploader.stranger is not None
        return not is_stranger or (
            uploader not in self._running and self._held_by_class(uploader) < self._of_strangers
        )

    def _held_by_class(self, uploader: Uploader) -> int:
        is_stranger = uploader.stranger is not None
        return sum(
            held for one, held in self._running.items() if (one.stranger is not None) == is_stranger
        )


class ReencodingError(SystemicError):
    """No process re-encoded the picture in time, or it was killed from outside."""

    code = "reencoding"


@dataclass(frozen=True, slots=True)
class Reencoder:
    """Starts a process for each picture, and kills it at its timeout.

    The process has no secret, no file and no socket, and no later picture ever meets what a
    hostile one left behind.
    """

    processes: int = 2
    command: tuple[str, ...] = (sys.executable, "-I", "-m", _MODULE)
    within_s: float = _DONE_WITHIN_S
    _slots: FairSemaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_slots", FairSemaphore(self.processes))

    async def reencode(self, picture: PictureBytes, uploader: Uploader) -> ReencodedPicture:
        """Return the kept form, or raise ``RefusedPictureError`` or ``ReencodingError``."""
        try:
            async with self._slots.slot(uploader, _TURN_WITHIN_S):
                content = picture() if callable(picture) else picture
                answer, exit_code = await self._answer(content)
        except TimeoutError:
            raise ReencodingError("no turn in time") from None
        return _parse(answer, exit_code)

    async def _answer(self, picture: bytes) -> tuple[bytes, int]:
        try:
            async with asyncio.timeout(self.within_s), self._process() as process:
                return await _exchange(process, picture), await process.wait()
        except TimeoutError:
            log.warning("picture_took_too_long", bytes=len(picture))
            raise ReencodingError("no answer in time") from None

    @asynccontextmanager
    async def _process(self) -> AsyncGenerator[Process]:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the service
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.communicate()  # it ends only once its output is read


async def _exchange(process: Process, picture: bytes) -> bytes:
    """Send the picture and return the answer; a process that dies has a short one."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    with suppress(ConnectionError):  # it died; its exit code says more
        process.stdin.write(picture)
        await process.stdin.drain()
    process.stdin.close()
    answer = bytearray()
    while chunk := await process.stdout.read(1024 * 1024):
        answer += chunk
        if len(answer) > _MAX_ANSWER_BYTES:
            raise RefusedPictureError("damaged_picture")
    return bytes(answer)


def _parse(answer: bytes, exit_code: int) -> ReencodedPicture:
    if exit_code:
        log.warning("picture_process_died", exit_code=exit_code)
        if -exit_code == signal.SIGXCPU:
            raise RefusedPictureError("too_complex")
        if -exit_code in _FAULTS_OF_THE_PICTURE:
            raise RefusedPictureError("damaged_picture")
        raise ReencodingError("its process died")
    line, _, content = answer.partition(b"\n")
    head = json.loads(line)
    if fault := head.pop("refused", None):
        raise RefusedPictureError(fault)
    return ReencodedPicture(**head, content=content)
