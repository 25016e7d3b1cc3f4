"""Python modules that a benchmark runs in processes of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from shared.errors import Route311Error
from shared.runtime.kafka_access import KafkaAccess


class ChildFailedError(Route311Error):
    """A process of the benchmark failed, so there is no figure."""

    code = "child_failed"


@asynccontextmanager
async def child(access: KafkaAccess, module: str, *arguments: str) -> AsyncGenerator[Process]:
    """Run a module beside the block, and kill it at the end of the block.

    Args:
        access: Address and credentials of Kafka; in the environment of the process.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdout=PIPE,
        env=os.environ | access.environment(),
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def finished(process: Process) -> None:
    """Wait until a child has done its work.

    Raises:
        ChildFailedError: It ended with an error.
    """
    if code := await process.wait():
        raise ChildFailedError(f"a process of the benchmark ended with {code}")
