"""Programs of a stack: long-running processes, and commands that run to completion."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.errors import StackError, StartError
from deploy.local.folder import DataFolder, write_json
from deploy.local.log_file import LogFile
from deploy.local.readiness import LOOPBACK, ReadinessProbe

_START_TOLERANCE_S = 1.0  # the system clock may be corrected between two readings
_POLL_S = 0.02


class ProcessRecord(BaseModel):
    """A started process: start in seconds since the epoch, and the signal of a clean exit."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float
    stop_signal: int


def record_process(folder: DataFolder, name: str, pid: int, stop_signal: int) -> ProcessRecord:
    """Record a process on disk, so that a later run can end it."""
    started = psutil.Process(pid).create_time()
    record = ProcessRecord(name=name, pid=pid, started=started, stop_signal=stop_signal)
    write_json(_file(folder, name), record.model_dump())
    return record


def forget_process(folder: DataFolder, name: str) -> None:
    """Delete the record of a process that has ended."""
    _file(folder, name).unlink(missing_ok=True)


def is_running(record: ProcessRecord) -> bool:
    """Return True when this very process runs, and not another one with its number."""
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started) <= _START_TOLERANCE_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def end_leftovers(folder: DataFolder, within_s: float = 5.0) -> list[str]:
    """End processes of an earlier run, killing them after ``within_s``; return their names."""
    records = _read_records(folder)
    left = [record for record in records if is_running(record)]
    for record in left:
        _send_signal(record, record.stop_signal)
    if not await _wait_for_exit(left, within_s):
        for record in left:
            _send_signal(record, signal.SIGKILL)
        await _wait_for_exit(left, within_s)
    for record in records:
        forget_process(folder, record.name)
    return [record.name for record in left]


def _read_records(folder: DataFolder) -> list[ProcessRecord]:
    records = []
    for file in sorted(folder.processes.glob("*.json")):
        with suppress(ValidationError):
            records.append(ProcessRecord.model_validate_json(file.read_bytes()))
    return records


def _send_signal(record: ProcessRecord, number: int) -> None:
    if is_running(record):
        with suppress(ProcessLookupError):
            os.kill(record.pid, number)


async def _wait_for_exit(records: list[ProcessRecord], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while any(is_running(record) for record in records):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    return True


def _file(folder: DataFolder, name: str) -> Path:
    return folder.processes / f"{name}.json"


_EXIT_POLL_S = 0.02
_PROBE_EVERY_S = 0.1  # each probe takes CPU time from a program that is starting
_LAST_LINES = 15
_ERROR_LINES = 3
READ_GO_THEN_RUN = 'read -r go && exec "$@" </dev/null'


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that a program runs as, when the stack itself runs as root."""

    user_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run, and its readiness probe.

    Attributes:
        port: Its port on the loopback interface; the argument of ``probe``.
        environment: Its whole environment; None is a copy of ours.
        stop_signal: The signal that makes it exit cleanly.
        account: The user to run as; None is ours.
        directory: Its working directory; None is ours.
    """

    name: str
    argv: Sequence[str]
    port: int
    probe: ReadinessProbe
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    directory: Path | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self.port}"


@dataclass(slots=True)
class Process:
    """A program in a data folder; it can be started again after it stopped or died."""

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
        """The process number, or None when it does not run."""
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: number of a signal), or None while it runs."""
        return self._popen.poll() if self._popen else None

    @property
    def uptime_s(self) -> float:
        """Seconds since the last launch."""
        return time.monotonic() - self._launched_at

    async def start(self, within_s: float = 60.0) -> float:
        """Launch the program and wait until it is ready; return the seconds or raise StartError."""
        self._launch()
        while not await self.program.probe(self.program.port):
            if self.pid is None:
                raise StartError(self._describe("ended before it was ready"))
            if self.uptime_s > within_s:
                raise StartError(self._describe(f"was not ready after {within_s:.0f} s"))
            await asyncio.sleep(_PROBE_EVERY_S)
        return self.uptime_s

    async def wait_for_exit(self) -> None:
        """Wait until the process has ended."""
        while self.pid is not None:  # noqa: ASYNC110 - a Popen announces its end to no event
            await asyncio.sleep(_EXIT_POLL_S)

    async def stop(self, within_s: float) -> None:
        """Send the stop signal; kill the process after ``within_s`` seconds or on cancellation."""
        if self._popen is None:
            return
        self._popen.send_signal(self.program.stop_signal)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self.wait_for_exit()
        finally:
            self._popen.kill()  # does nothing to a process that has ended
            self._popen.wait()
            forget_process(self.folder, self.name)

    def kill(self) -> None:
        """Kill the process, as a crash would."""
        if self._popen:
            self._popen.kill()

    def last_lines(self) -> list[str]:
        """Return the last log lines since the launch, rendered for people."""
        return self._log.last_lines(_LAST_LINES)

    def _launch(self) -> None:
        """Start the process, but suspend it until its number is recorded.

        A shell waits for a line before it replaces itself by the program. If we are killed in
        between, the shell reads the end of the file instead and exits.
        """
        program, account = self.program, self.program.account
        self._launched_at = time.monotonic()
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
        self._popen = popen
        record_process(self.folder, program.name, popen.pid, program.stop_signal)
        if popen.stdin:
            with popen.stdin as go:
                go.write(b"go\n")

    def _describe(self, problem: str) -> str:
        tail = "".join(f"\n  {line}" for line in self.last_lines())
        return f"{self.name} {problem}; its log is {self._log.path}{tail}"


async def run_command(
    error: str,
    command: Sequence[str],
    account: Account | None = None,
    directory: Path | None = None,
) -> None:
    """Run a command to completion; kill it and its children when the caller is cancelled.

    Raises:
        StackError: The command failed; the text is ``error`` and the end of its output.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=directory,
        start_new_session=True,
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()  # its end is seen only once its output is read
        raise
    if process.returncode != 0:
        raise StackError(f"{error}: {_error_lines(output.decode(errors='replace'))}")


def _error_lines(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " ".join((errors or lines)[:_ERROR_LINES])
