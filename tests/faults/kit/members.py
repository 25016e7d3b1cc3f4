"""The processes of the services, of which there can be several each."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from deploy.local.probes import LOOPBACK, http_ready
from deploy.local.process import Process, Program
from deploy.local.site import Site

SERVICES = ("intake", "triage", "dispatch", "notify")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a service must be told to find the rest.

    Attributes:
        bootstrap: Where it finds Kafka.
        postgres: Host and port of the database.
        mail_port: Where it hands in mail.
    """

    bootstrap: str
    postgres: str
    mail_port: int


@dataclass(slots=True)
class Member:
    """One process of a service.

    Attributes:
        altered: What the test runs in place of the plain service.
    """

    service: str
    number: int
    altered: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The service's name; from the second on with a number."""
        return self.service if self.number == 1 else f"{self.service}-{self.number}"

    def process(self, site: Site, wiring: Endpoints) -> Process:
        """Return the process, not started yet."""
        port = site.ports.port(self.name)
        runs = self.altered or (f"services.{self.service}",)
        environment = {
            **os.environ,
            **_settings(site, self.service, wiring),
            f"{self.service.upper()}_HTTP_PORT": str(port),
            **self.settings,
        }
        argv = (sys.executable, "-m", *runs)
        return Process(Program(self.name, argv, port, http_ready, environment), site.folder)


def _settings(site: Site, service: str, wiring: Endpoints) -> dict[str, str]:
    secret = site.credentials.get
    prefix = service.upper()
    login = f"route311_{service}:{secret(f'role-{service}')}"
    common = {
        "ROUTE311_KAFKA_BOOTSTRAP": wiring.bootstrap,
        f"{prefix}_POSTGRES_DSN": f"postgresql://{login}@{wiring.postgres}/postgres",
    }
    public_url = f"http://{LOOPBACK}:{site.ports.port('intake')}"
    own = {
        "intake": {"INTAKE_PUBLIC_URL": public_url, "INTAKE_REPORTER_KEY": secret("reporter-key")},
        "notify": {
            "NOTIFY_PUBLIC_URL": public_url,
            "NOTIFY_CONTACT_KEY": secret("contact-key"),
            "NOTIFY_SENDER": "311@city.example",
            "NOTIFY_SMTP_HOST": LOOPBACK,
            "NOTIFY_SMTP_PORT": str(wiring.mail_port),
        },
    }
    return common | own.get(service, {})


async def kill(process: Process) -> None:
    """End the process by force, and wait until it is gone."""
    process.kill()
    await process.wait_for_exit()


def pause(process: Process) -> None:
    """Stop the process and its children where they are (SIGSTOP)."""
    _signal_all(process, signal.SIGSTOP)


def resume(process: Process) -> None:
    """Let them go on (SIGCONT)."""
    _signal_all(process, signal.SIGCONT)


def _signal_all(process: Process, number: signal.Signals) -> None:
    if process.pid is None:
        return
    parent = psutil.Process(process.pid)
    for each in (parent, *parent.children(recursive=True)):
        each.send_signal(number)
