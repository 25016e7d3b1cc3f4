"""Starting again what dies."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from deploy.local.backoff import next_pause_s
from deploy.local.errors import StartError
from deploy.local.process import Process
from deploy.local.report import Died, Report, Started


@asynccontextmanager
async def kept_alive(processes: Sequence[Process], report: Report) -> AsyncGenerator[None, None]:
    """Start each process again, on the same port, whenever it ends by itself."""
    watches = [asyncio.create_task(_keep_alive(process, report)) for process in processes]
    try:
        yield
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


async def _keep_alive(process: Process, report: Report) -> None:
    pause_s: float | None = None
    while True:
        await process.ended()
        pause_s = next_pause_s(pause_s, process.lived_s)
        report(Died(process.name, process.exit_code, pause_s, process.last_lines()))
        await asyncio.sleep(pause_s)
        try:
            took_s = await process.start()
        except StartError:
            continue  # it died again, or hangs and is left to finish
        report(Started(process.name, process.program.address, took_s))
