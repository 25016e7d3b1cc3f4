"""A router as a process of its own, with stand-ins for the services."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.connection import NoRouterError, load_stack
from deploy.local.folder import DataFolder
from deploy.local.postgres_files import remove_cluster
from deploy.local.process import ProcessRecord
from deploy.local.stack_file import Stack
from tests.support.waiting import eventually

TIMEOUT_S = 80  # on a machine that is busy with other things
PROGRAMS = {"kafka", "postgres", "mail", "sms", "intake", "triage", "dispatch", "notify", "insight"}
ROUTER = Path(__file__).with_name("fake_router.py")


@dataclass
class Router:
    """A router in a process of its own, which can be killed and started again."""

    data: Path
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)

    async def up(self, *options: str) -> Stack:
        self._launch(options)

        async def is_up() -> bool:
            assert self.popen.poll() is None, self.printed()
            with suppress(NoRouterError):
                return bool(self.stack)
            return False

        await eventually(is_up, within_s=TIMEOUT_S)
        return self.stack

    def _launch(self, options: tuple[str, ...]) -> None:
        with self.output.open("wb") as output:
            self._popen = subprocess.Popen(  # noqa: S603 - ours
                (sys.executable, str(ROUTER), str(self.data), *options),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def popen(self) -> subprocess.Popen[bytes]:
        assert self._popen is not None
        return self._popen

    @property
    def output(self) -> Path:
        return self.data.with_suffix(".out")

    @property
    def stack(self) -> Stack:
        return load_stack(self.data)

    def printed(self) -> str:
        return self.output.read_text()

    def records(self) -> dict[str, ProcessRecord]:
        files = (self.data / "processes").glob("*.json")
        records = [ProcessRecord.model_validate_json(file.read_bytes()) for file in files]
        return {record.name: record for record in records}

    async def stop(self, number: int) -> int:
        self.popen.send_signal(number)
        return await asyncio.to_thread(self.popen.wait, 60)


@asynccontextmanager
async def running_router(data: Path, *options: str) -> AsyncGenerator[Router]:
    router = Router(data)
    try:
        await router.up(*options)
        yield router
    finally:
        await router.stop(signal.SIGTERM)
        remove_cluster(DataFolder(data))


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])
