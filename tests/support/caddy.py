"""A real Caddy, where one is installed."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.support.free_ports import reserved_port
from tests.support.waiting import eventually

CADDY = os.environ.get("ROUTE311_CADDY") or shutil.which("caddy")
LOG = "caddy.log"

needs_caddy = pytest.mark.skipif(CADDY is None, reason="no caddy here: set ROUTE311_CADDY")


@asynccontextmanager
async def running_caddy(
    folder: Path,
    command: Sequence[str | Path],
    environment_of: Callable[..., Mapping[str, str]],
    is_up: Callable[..., Awaitable[bool]],
    *,
    ports: int,
) -> AsyncGenerator[Sequence[int]]:
    """Run a command on so many ports, which both functions get, and yield these once it is up.

    Caddy listens on every interface, where somebody may have a port of this one: then on others.
    """
    home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
    log = folder / LOG
    with ExitStack() as stack:
        while True:
            found = [stack.enter_context(reserved_port()) for _ in range(ports)]
            with log.open("wb") as out:
                process = await asyncio.create_subprocess_exec(
                    *command, env={**os.environ, **home, **environment_of(*found)},
                    stdout=out, stderr=out, start_new_session=True,
                )  # fmt: skip
            try:
                await eventually(partial(_has_ended_or, process, partial(is_up, *found)))
                if process.returncode is None:
                    yield found
                    return
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)  # also what waits beside Caddy
                await process.wait()
            assert "address already in use" in await asyncio.to_thread(log.read_text)


async def _has_ended_or(
    process: asyncio.subprocess.Process, is_up: Callable[[], Awaitable[bool]]
) -> bool:
    return process.returncode is not None or await is_up()
