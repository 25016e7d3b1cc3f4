"""The services as processes of one stack, each with its own settings and secrets."""

import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

from deploy.local.infrastructure import SMS_ACCOUNT, Infrastructure, sms_token
from deploy.local.kafka import user_access
from deploy.local.launch import run_all, running
from deploy.local.process import Process, Program
from deploy.local.readiness import LOOPBACK, http_ready
from shared.runtime.migrate import CONSOLE, OPERATIONS, SCHEMAS, SERVICES

_NO_MORE: Mapping[str, str] = MappingProxyType({})
_STOP_WITHIN_S = 4.5
_SENDER = "311@city.example"
SMS_NUMBER = "+15035550199"  # the cities' number for text messages, reserved for fiction
_SMS_NUMBERS = f"{SMS_NUMBER}=portland.gov"
DESK_KEY = "key-adapter-desk"
_OWN_MACHINE = "127.0.0.0/8"


@dataclass(frozen=True, slots=True)
class Service:
    """A service and its command line; ``instance`` counts processes of one service from 1."""

    name: str
    argv: tuple[str, ...]
    instance: int = 1

    @property
    def process_name(self) -> str:
        """The name of its process, with the number of the instance from the second on."""
        return self.name if self.instance == 1 else f"{self.name}-{self.instance}"


ROUTER = (
    *(Service(name, (sys.executable, "-m", f"services.{name}")) for name in SERVICES),
    Service("triage-stream", (sys.executable, "-m", "services.triage.surges")),
    Service(CONSOLE, (sys.executable, "-m", CONSOLE)),
)
KAFKA_USERS = tuple(service.name for service in ROUTER if service.name != CONSOLE)


@asynccontextmanager
async def running_services(
    infra: Infrastructure, services: Sequence[Service], settings: Mapping[str, str] = _NO_MORE
) -> AsyncGenerator[list[Process], None]:
    """Run the services concurrently; yield once all are ready, or raise StartError."""
    # Asked for before anything runs: a port in use is replaced.
    urls = {
        name: f"http://{LOOPBACK}:{infra.site.ports.port(name)}"
        for name in ("intake", "triage", "dispatch", "notify", "insight")
    }
    async with run_all(
        _running_service(infra, service, urls, settings) for service in services
    ) as processes:
        yield processes


def console_url(port: int) -> str:
    """Return the address of the console on this machine; a passkey needs a name."""
    return f"http://localhost:{port}"


def role_password(infra: Infrastructure, service: str) -> str:
    """Return the password of a service's database role."""
    return infra.site.credentials.get(f"role-{service}")


def operations_dsn(infra: Infrastructure) -> str:
    """Return the DSN of the role for commands that only read."""
    return role_dsn(infra, OPERATIONS)


def role_dsn(infra: Infrastructure, service: str) -> str:
    """Return the DSN of a service's database role."""
    login = f"route311_{service}:{role_password(infra, service)}"
    return f"postgresql://{login}@{infra.postgres.program.address}/postgres"


def _running_service(
    infra: Infrastructure, service: Service, urls: Mapping[str, str], settings: Mapping[str, str]
) -> AbstractAsyncContextManager[Process]:
    async def build() -> Process:
        port = infra.site.ports.port(service.process_name)
        environment = {
            **os.environ,
            **_common_settings(infra, service.name, port),
            **_own_settings(infra, service, port, urls),
            **settings,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # bytecode makes a restart fast
        program = Program(service.process_name, service.argv, port, http_ready, environment)
        return Process(program, infra.site.folder)

    return running(build, infra.site.report, _STOP_WITHIN_S)


def _common_settings(infra: Infrastructure, service: str, port: int) -> dict[str, str]:
    prefix = service.upper().replace("-", "_")
    settings = {f"{prefix}_HTTP_PORT": str(port)}
    if service in KAFKA_USERS:
        access = user_access(infra.site.credentials, infra.access.bootstrap, service)
        settings |= access.environment()
    if service in SCHEMAS:
        settings[f"{prefix}_POSTGRES_DSN"] = role_dsn(infra, service)
    return settings


def _own_settings(
    infra: Infrastructure, service: Service, port: int, urls: Mapping[str, str]
) -> dict[str, str]:
    secret, public_url = infra.site.credentials.get, urls["intake"]
    match service.name:
        case "intake":
            own = {
                "INTAKE_PUBLIC_URL": public_url,
                "INTAKE_REPORTER_KEY": secret("reporter-key"),
                "INTAKE_MEDIA_FOLDER": str(infra.site.folder.media),
                "INTAKE_INSIGHT_URL": urls["insight"],
                "INTAKE_NOTIFY_URL": urls["notify"],
                "INTAKE_OPEN_DATA_FOLDER": str(infra.site.folder.open_data),
                "INTAKE_SMS_TOKEN": sms_token(infra.site),
                "INTAKE_SMS_NUMBERS": _SMS_NUMBERS,
                "INTAKE_SMS_MEDIA_HOSTS": f"api.twilio.com,{LOOPBACK}",
                "INTAKE_SMS_MEDIA_ALLOW": _OWN_MACHINE,
                **_mail_settings(infra, service.instance),
            }
        case "notify":
            own = {
                "NOTIFY_PUBLIC_URL": urls["notify"],
                "NOTIFY_INTAKE_URL": public_url,
                "ROUTE311_PUBLIC_URL": public_url,
                "NOTIFY_CONTACT_KEY": secret("contact-key"),
                "NOTIFY_SENDER": _SENDER,
                "NOTIFY_SMTP_HOST": LOOPBACK,
                "NOTIFY_SMTP_PORT": str(infra.mail.program.port if infra.mail else 0),
                **_sms_settings(infra),
            }
        case "dispatch":
            own = {
                "DISPATCH_WEBHOOK_ALLOW": _OWN_MACHINE,
                "DISPATCH_INTAKE_URL": public_url,
                **_staff_mail_settings(infra, "DISPATCH"),
            }
        case "insight":
            own = {"ROUTE311_PUBLIC_URL": public_url, **_staff_mail_settings(infra, "INSIGHT")}
        case "console":
            own = {
                "CONSOLE_PUBLIC_URL": console_url(port),
                "CONSOLE_CITY": "Portland 311",
                "CONSOLE_DISPATCH_URL": urls["dispatch"],
                "CONSOLE_INTAKE_URL": urls["intake"],
                "CONSOLE_INSIGHT_URL": urls["insight"],
                "CONSOLE_NOTIFY_URL": urls["notify"],
                "CONSOLE_TRIAGE_URL": urls["triage"],
                "CONSOLE_KEY": secret("key-console"),
                "CONSOLE_DESK_KEY": secret(DESK_KEY),
            }
        case "triage-stream":
            own = {"TRIAGE_STREAM_FOLDER": str(infra.site.folder.stream)}
        case _:
            own = {}
    return own


def _sms_settings(infra: Infrastructure) -> dict[str, str]:
    if infra.sms is None:
        return {}
    return {
        "NOTIFY_SMS_URL": f"http://{infra.sms.program.address}",
        "NOTIFY_SMS_ACCOUNT": SMS_ACCOUNT,
        "NOTIFY_SMS_TOKEN": sms_token(infra.site),
        "NOTIFY_SMS_NUMBERS": _SMS_NUMBERS,
    }


def _staff_mail_settings(infra: Infrastructure, prefix: str) -> dict[str, str]:
    """Return the settings of mails to staff: bureaus' digests, monthly reports."""
    if infra.mail is None:
        return {}
    return {
        f"{prefix}_SENDER": _SENDER,
        f"{prefix}_SMTP_HOST": LOOPBACK,
        f"{prefix}_SMTP_PORT": str(infra.mail.program.port),
    }


def _mail_settings(infra: Infrastructure, instance: int) -> dict[str, str]:
    """Return the settings of incoming e-mail; none without an outgoing mail server."""
    if infra.mail is None:
        return {}
    name = "inbound-mail" if instance == 1 else f"inbound-mail-{instance}"
    return {
        "INTAKE_MAIL_PORT": str(infra.site.ports.port(name)),
        "INTAKE_SMTP_HOST": LOOPBACK,
        "INTAKE_SMTP_PORT": str(infra.mail.program.port),
    }
