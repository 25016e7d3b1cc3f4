"""A data folder that is ours alone for now, cleared of what an earlier run left running."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.credentials import Credentials
from deploy.local.folder import DataFolder, clear, open_folder
from deploy.local.leftovers import end_leftovers
from deploy.local.ports import Ports
from deploy.local.postgres_home import remove_home
from deploy.local.report import LeftoversEnded, Report, silent


@dataclass(frozen=True, slots=True)
class Site:
    """What every program of a stack needs to be started."""

    folder: DataFolder
    ports: Ports
    credentials: Credentials
    report: Report


@asynccontextmanager
async def open_site(
    data: Path, *, fresh: bool = False, report: Report = silent
) -> AsyncGenerator[Site, None]:
    """Take the folder; ``fresh`` empties it first.

    Raises:
        StackError: Another stack runs here, or the folder holds something that is not ours.
    """
    with open_folder(data) as folder:
        if left := await end_leftovers(folder):
            report(LeftoversEnded(left))
        if fresh:
            remove_home(folder)
            clear(folder)
        ports = Ports(folder.path / "ports.json")
        yield Site(folder, ports, Credentials(folder), report)
