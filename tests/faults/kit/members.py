"""Processes of the services, several per service where a trial needs them."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.kafka import user_access
from deploy.local.process import Process, Program
from deploy.local.readiness import LOOPBACK, http_ready
from deploy.local.site import Site

SERVICES = ("intake", "triage", "dispatch", "insight", "notify")
_ASIDE = 10  # its threads inherit this niceness


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of the stores, as the services reach them.

    Attributes:
        bootstrap: Host and port of the brokers' proxies.
        postgres: Host and port of the database's proxy.
        mail_port: Port of the mail sink.
    """

    bootstrap: str
    postgres: str
    mail_port: int


@dataclass(slots=True)
class Member:
    """One process of a service.

    Attributes:
        service: The service's name.
        number: Counts the members of the service, from 1.
        altered: Module and arguments to run in place of the unaltered service.
        settings: More environment variables.
        source: Checkout of another version, with a ``.venv`` of its own; None for this one.
    """

    service: str
    number: int
    altered: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    source: Path | None = None

    @property
    def name(self) -> str:
        """The service's name, with a number from the second member on."""
        return self.service if self.number == 1 else f"{self.service}-{self.number}"

    def process(self, site: Site, endpoints: Endpoints) -> Process:
        """Return the process, not yet started."""
        port = site.ports.port(self.name)
        module = self.altered or (f"services.{self.service}",)
        environment = {
            **os.environ,
            **_settings(site, self.service, endpoints),
            f"{self.service.upper()}_HTTP_PORT": str(port),
            **self.settings,
        }
        python = str(self.source / ".venv/bin/python") if self.source else sys.executable
        argv = (python, "-m", *module)
        program = Program(self.name, argv, port, http_ready, environment, directory=self.source)
        return Process(program, site.folder)


def _settings(site: Site, service: str, endpoints: Endpoints) -> dict[str, str]:
    secret = site.credentials.get
    prefix = service.upper()
    login = f"route311_{service}:{secret(f'role-{service}')}"
    common = {
        **user_access(site.credentials, endpoints.bootstrap, service).environment(),
        f"{prefix}_POSTGRES_DSN": f"postgresql://{login}@{endpoints.postgres}/postgres",
    }
    public_url = f"http://{LOOPBACK}:{site.ports.port('intake')}"
    own = {
        "dispatch": {"DISPATCH_WEBHOOK_ALLOW": "127.0.0.0/8"},
        "intake": {
            "INTAKE_PUBLIC_URL": public_url,
            "INTAKE_REPORTER_KEY": secret("reporter-key"),
            "INTAKE_MEDIA_FOLDER": str(site.folder.media),
        },
        "notify": {
            "NOTIFY_PUBLIC_URL": public_url,
            "NOTIFY_CONTACT_KEY": secret("contact-key"),
            "NOTIFY_SENDER": "311@city.example",
            "NOTIFY_SMTP_HOST": LOOPBACK,
            "NOTIFY_SMTP_PORT": str(endpoints.mail_port),
        },
    }
    return common | own.get(service, {})


async def kill(process: Process) -> None:
    """Kill the process and wait for its exit."""
    process.kill()
    await process.wait_for_exit()


async def start_aside(process: Process) -> None:
    """Start a process that takes no time from the others, as if it had a machine of its own."""
    starting = asyncio.create_task(process.start())
    await asyncio.sleep(0)  # it is launched now
    psutil.Process(process.pid).nice(_ASIDE)
    await starting


def pause(process: Process) -> None:
    """Suspend the process and its children (SIGSTOP)."""
    _signal_all(process, signal.SIGSTOP)


def resume(process: Process) -> None:
    """Resume the process and its children (SIGCONT)."""
    _signal_all(process, signal.SIGCONT)


def _signal_all(process: Process, number: signal.Signals) -> None:
    if process.pid is None:
        return
    parent = psutil.Process(process.pid)
    for each in (parent, *parent.children(recursive=True)):
        each.send_signal(number)
