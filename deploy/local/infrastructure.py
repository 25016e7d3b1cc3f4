"""Kafka, PostgreSQL and the message providers in one data folder, without the services."""

import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.kafka import admin_access, running_kafka
from deploy.local.launch import run_all, running
from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.process import Process, Program
from deploy.local.readiness import ReadinessProbe, http_ready, smtp_answers
from deploy.local.report import Report, ignore_events
from deploy.local.site import Site, open_site
from deploy.local.sms import TOKEN
from shared.runtime.kafka_access import KafkaAccess

SMS_ACCOUNT = "ACroute311"  # the account of the SMS provider
_STOP_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """The stores of the services; ``mail`` and ``sms`` are None unless requested."""

    site: Site
    kafka: Process
    postgres: Process
    mail: Process | None
    sms: Process | None
    access: KafkaAccess
    admin_dsn: str

    @property
    def processes(self) -> list[Process]:
        """All processes of the infrastructure."""
        all_of_them = (self.kafka, self.postgres, self.mail, self.sms)
        return [process for process in all_of_them if process]


@asynccontextmanager
async def infrastructure(
    data: Path,
    *,
    durable: bool = True,
    fresh: bool = False,
    mail: bool = True,
    report: Report = ignore_events,
) -> AsyncGenerator[Infrastructure, None]:
    """Run the stores in a data folder; a store that dies is not restarted.

    Args:
        durable: False for a throw-away database (see ``running_postgres``).
        fresh: Empty the folder first.
        mail: Run the mail sink and the SMS provider as well.

    Raises:
        StackError: The folder is in use or foreign, a program is missing or does not start.
    """
    async with open_site(data, fresh=fresh, report=report) as site:
        stores: list[AbstractAsyncContextManager[Process]] = [
            running_kafka(site),
            running_postgres(site, durable=durable),
        ]
        if mail:
            stores += [running_mail(site), running_sms(site)]
        async with run_all(stores) as processes:
            kafka, postgres, *rest = processes
            yield Infrastructure(
                site,
                kafka,
                postgres,
                mail=rest[0] if rest else None,
                sms=rest[1] if rest else None,
                access=admin_access(site.credentials, kafka.program.address),
                admin_dsn=admin_dsn(site, postgres),
            )


def running_mail(site: Site) -> AbstractAsyncContextManager[Process]:
    """Run the mail sink; it saves messages to ``site.folder.mail``."""
    return _running_sink(site, "mail", ("--folder", str(site.folder.mail)), smtp_answers)


def sms_token(site: Site) -> str:
    """Return the secret of the SMS account, which also signs its calls."""
    return site.credentials.get("sms-token")


def running_sms(site: Site) -> AbstractAsyncContextManager[Process]:
    """Run the SMS provider; it saves messages to ``site.folder.sms``."""
    options = ("--folder", str(site.folder.sms), "--account", SMS_ACCOUNT)
    return _running_sink(site, "sms", options, http_ready, {**os.environ, TOKEN: sms_token(site)})


def _running_sink(
    site: Site,
    name: str,
    options: tuple[str, ...],
    probe: ReadinessProbe,
    environment: Mapping[str, str] | None = None,
) -> AbstractAsyncContextManager[Process]:
    async def build() -> Process:
        port = site.ports.port(name)
        argv = (sys.executable, "-m", f"deploy.local.{name}", *options, "--port", str(port))
        return Process(Program(name, argv, port, probe, environment), site.folder)

    return running(build, site.report, _STOP_WITHIN_S)
