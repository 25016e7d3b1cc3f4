"""``route311`` in processes that are forked from one that has imported it, which takes 0.4 s."""

import asyncio
import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

_LONGEST_CALL = 1_000_000


class Finished(NamedTuple):
    """An ended command: its exit code, negative for a signal, and what it printed."""

    code: int
    out: str
    errors: str


@dataclass(frozen=True, slots=True)
class RunningProgram:
    """A running command, whose output is read while it runs."""

    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    _pid: int
    _end: asyncio.StreamReader

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        os.kill(self._pid, number)

    async def wait(self) -> int:
        """Wait for the end; return the exit code, negative for a signal."""
        return int(await self._end.read())

    async def finished(self) -> Finished:
        """Wait for the end; return all that it printed."""
        out, errors = await asyncio.gather(self.stdout.read(), self.stderr.read())
        return Finished(await self.wait(), out.decode(), errors.decode())


@asynccontextmanager
async def started(*arguments: str, env: Mapping[str, str]) -> AsyncGenerator[RunningProgram]:
    """Run a command with these variables in addition to our own; kill it at the end."""
    readers, writers = zip(*(os.pipe() for _ in range(2)), strict=True)
    call = json.dumps([arguments, {**os.environ, **env}, str(Path.cwd())]).encode()
    control = socket.socket(socket.AF_UNIX)
    control.connect(str(_server()))
    socket.send_fds(control, [call], writers)
    for writer in writers:
        os.close(writer)
    end, control_writer = await asyncio.open_unix_connection(sock=control)
    pid = int(await end.readline())
    (stdout, out), (stderr, err) = [await _stream(reader) for reader in readers]
    try:
        yield RunningProgram(stdout, stderr, pid, end)
    finally:
        if not end.at_eof():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for transport in (out, err, control_writer):
            transport.close()


async def _stream(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    stream = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: protocol, os.fdopen(descriptor, "rb")
    )
    return stream, transport


async def route311(*arguments: str, **env: str) -> Finished:
    """Run a command with these variables in addition to our own, to its end."""
    async with started(*arguments, env=env) as running:
        return await running.finished()


@cache
def _server() -> Path:
    """Start the process that imports the program; return the path of its socket."""
    path = Path(mkdtemp(prefix="route311-program-")) / "socket"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(16)
    with listening:
        serve = f"from {__name__} import serve; serve({listening.fileno()})"
        command = (sys.executable, "-c", serve)
        process = subprocess.Popen(command, pass_fds=[listening.fileno()])  # noqa: S603 - ours

    def end() -> None:
        process.kill()
        process.wait()
        path.unlink()
        path.parent.rmdir()

    atexit.register(end)
    return path


def _fork_for_each_call(listening: socket.socket) -> None:
    """Fork a process for each call; return in the process that is to run the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    gc.freeze()
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            call, outputs, *_ = socket.recv_fds(connection, _LONGEST_CALL, 2)
            if (pid := os.fork()) == 0:
                connection.close()
                _become(outputs, *json.loads(call))
                return
            connection.sendall(b"%d\n" % pid)
            for output in outputs:
                os.close(output)
            _, status = os.waitpid(pid, 0)
            connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
            os._exit(0)
        connection.close()


def _become(outputs: list[int], arguments: list[str], env: dict[str, str], cwd: str) -> None:
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
        os.close(output)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["route311", *arguments]


def serve(descriptor: int) -> None:
    """Import the program, and run it in a process of its own for each call of the socket."""
    from cli import commands, main  # noqa: PLC0415 - the tests' own process needs neither

    for command in commands.COMMANDS:
        command.load()
    _fork_for_each_call(socket.socket(fileno=descriptor))
    main.main()
