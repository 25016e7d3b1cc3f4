"""The whole router on one machine: stores, preparations, services, and what keeps them up."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.infrastructure import Infrastructure, infrastructure
from deploy.local.preparation import prepare
from deploy.local.process import Process
from deploy.local.report import Report, silent
from deploy.local.restarts import kept_alive
from deploy.local.services import ROUTER, Service, running_services
from deploy.local.stack_file import Keys, Stack, write_stack
from shared.catalogue import load_catalogue


@asynccontextmanager
async def running_stack(
    data: Path,
    *,
    fresh: bool = False,
    report: Report = silent,
    services: Sequence[Service] = ROUTER,
) -> AsyncGenerator[Stack, None]:
    """Run the router in a data folder; whatever dies in between is started again.

    Args:
        data: The folder; made where there is none. ``stack.json`` lies in it while all is up.
        fresh: Delete what earlier runs left in the folder.
        report: Is told what starts, what dies, and what is done about it.
        services: The services of the router, or stand-ins of the same names.

    Raises:
        CatalogueError: The catalogue is wrong; nothing was started.
        StackError: The folder is in use or foreign, a part is missing or does not start.
    """
    bureaus = load_catalogue().bureau_codes
    async with infrastructure(data, fresh=fresh, report=report) as infra:
        keys = await prepare(infra, bureaus)
        async with (
            running_services(infra, services) as processes,
            kept_alive([*infra.processes, *processes], report),
        ):
            stack = _describe(infra, processes, keys)
            write_stack(infra.site.folder.stack_file, stack)
            try:
                yield stack
            finally:
                infra.site.folder.stack_file.unlink(missing_ok=True)


def _describe(infra: Infrastructure, services: Sequence[Process], keys: Keys) -> Stack:
    http = {process.name: f"http://{process.program.address}" for process in services}
    return Stack(
        kafka=infra.bootstrap,
        postgres=infra.admin_dsn,
        intake=http["intake"],
        triage=http["triage"],
        dispatch=http["dispatch"],
        notify=http["notify"],
        mail=f"smtp://{infra.mail.program.address}" if infra.mail else "",
        mail_folder=infra.site.folder.mail,
        keys=keys,
    )
