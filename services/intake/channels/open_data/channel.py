"""Serves the folder of open data, and writes it every night."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import structlog
from aiohttp import web
from pydantic import Field

from services.intake.channels.open_data.formats import MEDIA_TYPES
from services.intake.channels.open_data.package import PACKAGE, OpenDataFolder, export_open_data
from services.intake.ports import IntakePorts
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.calls import JSON, answers_errors
from shared.runtime.http.openapi import (
    RETRY_AFTER,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.postgres import transaction
from shared.runtime.service import ChannelParts

log = structlog.get_logger()

PATH = "/open-data"
_HOUR_UTC = 10  # after midnight, before work, in the cities of North America
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
}
_TYPES = {f".{extension}": media_type for extension, media_type in MEDIA_TYPES.items()}
_RANGE = {"Range": Parameter("Part of the file, in bytes.")}
_READ = Operation(
    "Read a file of open data; without a name its list, datapackage.json. ETag and ranges work.",
    {
        200: Content("The file.", (JSON, *MEDIA_TYPES.values())),
        206: Content("A part of the file.", tuple(MEDIA_TYPES.values())),
        404: problem("There is no such file."),
        429: problem("The address calls too often.", RETRY_AFTER),
    },
    path={"name": Parameter("Path of a resource.", Annotated[str, Field(pattern="^[^/]*$")])},
    headers=_RANGE,
    unknown="ignored",
)


@dataclass(frozen=True, slots=True)
class NightlyExport:
    """Writes all months once a night, and at the first start; one instance at a time."""

    core: IntakePorts
    path: Path

    async def run(self, stopping: asyncio.Event) -> None:
        """Write every night until asked to stop; a failed night is made up for by the next."""
        with suppress(StoppedError):
            wait_s = seconds_until(_HOUR_UTC, utc_now()) if (self.path / PACKAGE).exists() else 0.0
            while True:
                await pause(stopping, wait_s)
                wait_s = seconds_until(_HOUR_UTC, utc_now())
                try:
                    await cancel_on_stop(stopping, self.export())
                except (SystemicError, TransientError, OSError) as error:
                    log.warning("open_data_failed", reason=type(error).__name__)

    async def export(self) -> None:
        """Write all months."""
        async with transaction(self.core.pool) as db:
            if not await db.fetchval("SELECT pg_try_advisory_xact_lock(311023)"):
                return
            folder = await asyncio.to_thread(OpenDataFolder, self.path)
            count = await export_open_data(db, self.core.cities.values(), folder)
        log.info("open_data_written", requests=count)


def seconds_until(hour: int, now: datetime) -> float:
    """Return the seconds until the next time that a clock in UTC shows this full hour."""
    target = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return ((target if target > now else target + timedelta(days=1)) - now).total_seconds()


def open_data_routes(folder: Path, charge: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """Return the routes of the folder's files; ``charge`` is the limit by address."""

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.StreamResponse:
        charge(request)
        name = request.match_info.get("name") or PACKAGE
        path = folder / name
        media_type = JSON if name == PACKAGE else _TYPES.get(path.suffix)
        if media_type is None or name.startswith(".") or not path.is_file():
            return problem_response(404, "No such file", f"The files are listed in {PATH}/.")
        return web.FileResponse(path, headers={**_HEADERS, "Content-Type": media_type})

    return [
        web.get(f"{PATH}/", documents(read, _READ)),
        web.get(f"{PATH}/{{name}}", documents(read, _READ)),
    ]


@asynccontextmanager
async def open_open_data(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel; without a folder there is none."""
    folder = core.settings.open_data_folder
    if folder is None:
        yield ChannelParts()
        return
    routes = open_data_routes(folder, core.callers.charge)
    yield ChannelParts(tasks=[NightlyExport(core, folder).run], routes=routes)
