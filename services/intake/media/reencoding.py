"""Re-encoding of pictures, each in a process of its own."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from services.intake.media.fair_semaphore import FairSemaphore
from services.intake.pictures import ReencodedPicture, RefusedPictureError
from services.intake.records import Uploader
from shared.errors import SystemicError

# The bytes of a picture, or a function that returns them once its turn has come.
PictureBytes: TypeAlias = bytes | Callable[[], bytes]

log = structlog.get_logger()

_MODULE = "services.intake.media.worker"
_TURN_WITHIN_S = 10.0
_DONE_WITHIN_S = 30.0
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_FAULTS_OF_THE_PICTURE = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
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
