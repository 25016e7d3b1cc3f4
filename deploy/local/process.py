"""One program of a stack: started, watched, stopped."""

import asyncio
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field

from deploy.local.errors import StartError
from deploy.local.folder import DataFolder
from deploy.local.leftovers import forget_process, record_process
from deploy.local.log_file import LogFile
from deploy.local.program import Program

_LOOK_EVERY_S = 0.02
_ASK_EVERY_S = 0.1  # to answer costs a starting program time
_LAST_LINES = 15
READ_GO_THEN_RUN = 'read -r go && exec "$@" </dev/null'


@dataclass(slots=True)
class Process:
    """A program in a data folder; it can be started again after it was stopped or died."""

    program: Program
    folder: DataFolder
    _log: LogFile = field(init=False)
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _launched_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._log = LogFile(self.folder.logs / f"{self.name}.log")

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The number of the process, or None when it does not run."""
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: by a signal), or None while it runs."""
        return self._popen.poll() if self._popen else None

    @property
    def lived_s(self) -> float:
        """Seconds since the last launch."""
        return time.monotonic() - self._launched_at

    async def start(self, within_s: float = 60.0) -> float:
        """Launch the program and wait until it answers.

        Returns:
            Seconds from launch to answer.

        Raises:
            StartError: It ended first, or did not answer in time.
        """
        self._launch()
        while not await self.program.answers(self.program.port):
            if self.pid is None:
                raise StartError(self._describe("ended before it was ready"))
            if self.lived_s > within_s:
                raise StartError(self._describe(f"was not ready after {within_s:.0f} s"))
            await asyncio.sleep(_ASK_EVERY_S)
        return self.lived_s

    async def ended(self) -> None:
        """Wait until the process has ended."""
        while self.pid is not None:  # noqa: ASYNC110 - nobody is told of the end of a Popen
            await asyncio.sleep(_LOOK_EVERY_S)

    async def stop(self, within_s: float) -> None:
        """Ask the process to end; end it by force after ``within_s`` seconds or when cancelled."""
        if self._popen is None:
            return
        self._popen.send_signal(self.program.stop_signal)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self.ended()
        finally:
            self._popen.kill()  # does nothing to a process that has ended
            self._popen.wait()
            forget_process(self.folder, self.name)

    def kill(self) -> None:
        """End the process by force, as a crash would."""
        if self._popen:
            self._popen.kill()

    def last_lines(self) -> list[str]:
        """Return what the program wrote last since it was launched, in readable form."""
        return self._log.last_lines(_LAST_LINES)

    def _launch(self) -> None:
        """Start the process, held back until its number is written down.

        The shell waits for a line before it becomes the program. Should we be killed in between,
        it reads the end of the file instead and ends.
        """
        program, account = self.program, self.program.account
        with self._log.open() as log:
            popen = subprocess.Popen(  # noqa: S603 - the stack's own programs
                ("/bin/sh", "-c", READ_GO_THEN_RUN, program.name, *program.argv),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=program.environment,
                cwd=program.directory,
                start_new_session=True,
                user=account.user_id if account else None,
                group=account.group_id if account else None,
                extra_groups=[] if account else None,
            )
        self._popen, self._launched_at = popen, time.monotonic()
        record_process(self.folder, program.name, popen.pid, program.stop_signal)
        if popen.stdin:
            with popen.stdin as go:
                go.write(b"go\n")

    def _describe(self, fault: str) -> str:
        tail = "".join(f"\n  {line}" for line in self.last_lines())
        return f"{self.name} {fault}; its log is {self._log.path}{tail}"
