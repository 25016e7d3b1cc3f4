"""Kafka, PostgreSQL and a mail server in one data folder, without the services."""

import sys
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.kafka import running_kafka
from deploy.local.launch import running, together
from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.process import Process
from deploy.local.program import Program
from deploy.local.readiness import smtp_answers
from deploy.local.report import Report, silent
from deploy.local.site import Site, open_site

_STOP_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """What the services stand on; each process can be stopped, killed and started again.

    Attributes:
        bootstrap: Host and port of the broker.
        admin_dsn: The database's administrator, password included.
        mail: None when it was not asked for.
    """

    site: Site
    kafka: Process
    postgres: Process
    mail: Process | None
    bootstrap: str
    admin_dsn: str

    @property
    def processes(self) -> list[Process]:
        """All that runs."""
        return [process for process in (self.kafka, self.postgres, self.mail) if process]


@asynccontextmanager
async def infrastructure(
    data: Path,
    *,
    durable: bool = True,
    fresh: bool = False,
    mail: bool = True,
    report: Report = silent,
) -> AsyncGenerator[Infrastructure, None]:
    """Run the stores in a data folder; nothing is restarted that dies.

    Args:
        data: The folder; made where there is none.
        durable: False for a throw-away database (see ``running_postgres``).
        fresh: Delete what earlier runs left in the folder.
        mail: Run the mail sink as well.
        report: Is told what starts.

    Raises:
        StackError: The folder is in use or foreign, a part is missing or does not start.
    """
    async with open_site(data, fresh=fresh, report=report) as site:
        parts: list[AbstractAsyncContextManager[Process]] = [
            running_kafka(site),
            running_postgres(site, durable=durable),
        ]
        if mail:
            parts.append(running_mail(site))
        async with together(parts) as processes:
            kafka, postgres, *rest = processes
            yield Infrastructure(
                site,
                kafka,
                postgres,
                rest[0] if rest else None,
                bootstrap=kafka.program.address,
                admin_dsn=admin_dsn(site, postgres),
            )


@asynccontextmanager
async def running_mail(site: Site) -> AsyncGenerator[Process, None]:
    """Run the mail sink; what it takes is kept in ``site.folder.mail``."""
    command = (sys.executable, "-m", "deploy.local.mail", "--folder", str(site.folder.mail))

    async def build() -> Process:
        port = site.ports.port("mail")
        argv = (*command, "--port", str(port))
        return Process(Program("mail", argv, port, smtp_answers), site.folder)

    async with running(build, site.report, _STOP_WITHIN_S) as process:
        yield process
