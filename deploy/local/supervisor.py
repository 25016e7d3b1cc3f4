"""The whole router on one machine: stores, preparation, services, and their restarts."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from console.store import add_person
from deploy.local.errors import OtherVersionError
from deploy.local.infrastructure import Infrastructure, infrastructure, sms_token
from deploy.local.kafka import user_access
from deploy.local.launch import gather_or_cancel, restart_on_exit
from deploy.local.process import Process
from deploy.local.readiness import LOOPBACK
from deploy.local.report import Prepared, Report, ignore_events
from deploy.local.services import (
    DESK_KEY,
    KAFKA_USERS,
    ROUTER,
    SMS_NUMBER,
    Service,
    console_url,
    operations_dsn,
    role_password,
    running_services,
)
from deploy.local.stack_file import ConsoleKeys, Keys, Stack, kafka_auth, write_stack
from shared.catalogue import load_catalogue
from shared.contract.topics import all_topics
from shared.runtime.http.api_keys import Scope, store_keys
from shared.runtime.http.key_store import KEY_SCHEMAS
from shared.runtime.kafka.acls import apply_access
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka.users import add_users
from shared.runtime.migrate import (
    CONSOLE,
    OPERATIONS,
    SCHEMAS,
    migrate,
    set_passwords,
    unknown_migrations,
)
from shared.runtime.postgres import open_database
from shared.runtime.settings import TopicSettings
from shared.staff_roles import Role

_ADAPTER = "demo"
_OPERATOR = "operator"
_ADMIN = "admin"


@asynccontextmanager
async def running_stack(
    data: Path,
    *,
    fresh: bool = False,
    report: Report = ignore_events,
    services: Sequence[Service] = ROUTER,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncGenerator[Stack, None]:
    """Run the router in a data folder, with ``stack.json``; restart every process that dies.

    Args:
        fresh: Empty the folder first.
        services: The services of the router, or test doubles of the same names.

    Raises:
        CatalogueError: The catalogue is invalid; nothing was started.
        OtherVersionError: Another version made the data, and no migration leads to this one.
        StackError: The folder is in use or foreign, a program is missing or does not start.
    """
    bureaus = load_catalogue().bureau_codes
    async with infrastructure(data, fresh=fresh, report=report) as infra:
        keys = await prepare_stores(infra, bureaus)
        async with (
            running_services(infra, services, settings) as processes,
            restart_on_exit([*infra.processes, *processes], report),
        ):
            stack = _stack_of(infra, processes, keys)
            write_stack(infra.site.folder.stack_file, stack)
            try:
                yield stack
            finally:
                infra.site.folder.stack_file.unlink(missing_ok=True)


def _stack_of(infra: Infrastructure, services: Sequence[Process], keys: Keys) -> Stack:
    http = {process.name: f"http://{process.program.address}" for process in services}
    return Stack(
        kafka=infra.access.bootstrap,
        kafka_auth=kafka_auth(infra.access),
        postgres=infra.admin_dsn,
        postgres_operations=operations_dsn(infra),
        intake=http["intake"],
        triage=http["triage"],
        dispatch=http["dispatch"],
        notify=http["notify"],
        insight=http["insight"],
        console=_console(services),
        mail=f"smtp://{infra.mail.program.address}" if infra.mail else "",
        mail_folder=infra.site.folder.mail,
        sms=f"http://{infra.sms.program.address}" if infra.sms else "",
        sms_folder=infra.site.folder.sms,
        inbound_mail=_inbound_mail(services),
        open_data=f"{http['intake']}/open-data/",
        sms_number=SMS_NUMBER,
        keys=keys,
        contact_key=infra.site.credentials.get("contact-key"),
        reporter_key=infra.site.credentials.get("reporter-key"),
    )


def _console(services: Sequence[Process]) -> str:
    ports = [process.program.port for process in services if process.name == CONSOLE]
    return console_url(ports[0]) if ports else ""


def _inbound_mail(services: Sequence[Process]) -> str:
    intake = next(process for process in services if process.name == "intake")
    port = (intake.program.environment or {}).get("INTAKE_MAIL_PORT")
    return f"{LOOPBACK}:{port}" if port else ""


async def prepare_stores(infra: Infrastructure, bureaus: Sequence[str]) -> Keys:
    """Migrate tables and topics concurrently to this version, and store the HTTP keys; idempotent.

    Raises:
        OtherVersionError: A newer version migrated the tables; nothing was changed.
    """
    if newer := await unknown_migrations(infra.admin_dsn):
        raise OtherVersionError(str(infra.site.folder.path), f"with {newer[0]}, unknown here")
    keys = _keys(infra, bureaus)
    settings = TopicSettings()
    topics = all_topics(bureaus, settings.kafka_adapters)
    began = time.monotonic()

    def report(step: str) -> None:
        infra.site.report(Prepared(step, time.monotonic() - began))

    async def prepare_database() -> None:
        steps = await migrate(infra.admin_dsn)
        roles = (*SCHEMAS, OPERATIONS)
        await set_passwords(infra.admin_dsn, {role: role_password(infra, role) for role in roles})
        report(f"tables: {len(steps)} steps")
        report(f"keys: {await _store_keys(infra, keys)}")
        async with open_database(infra.admin_dsn) as db:
            own = keys.console
            await add_person(db, own.user, Role.ADMIN, own.password, by_owner=True)

    async def prepare_topics() -> None:
        changes = await apply_topics(infra.access, topics, partitions=settings.partitions)
        report(f"topics: {len(changes)} changes")

    async def prepare_users() -> None:
        credentials, bootstrap = infra.site.credentials, infra.access.bootstrap
        users = [user_access(credentials, bootstrap, name) for name in KAFKA_USERS]
        added = await add_users(infra.access, {one.username: one.password for one in users})
        report(f"users of Kafka: {len(added)} changes")
        rules = await apply_access(infra.access, topics)  # waits until the users are known, too
        report(f"access rules: {len(rules.added) + len(rules.removed)} changes")

    await gather_or_cancel((prepare_database(), prepare_topics(), prepare_users()))
    return keys


async def _store_keys(infra: Infrastructure, keys: Keys) -> int:
    principals: list[tuple[str, Scope, str]] = [
        *((name, "adapter", key) for name, key in keys.adapters.items()),
        *((code, "bureau", key) for code, key in keys.bureaus.items()),
        (_OPERATOR, "operator", keys.operator),
        (CONSOLE, "operator", keys.console.key),
    ]
    for schema in KEY_SCHEMAS:
        await store_keys(infra.admin_dsn, schema, principals)
    return len(principals)


def _keys(infra: Infrastructure, bureaus: Sequence[str]) -> Keys:
    secret = infra.site.credentials.get
    return Keys(
        bureaus={code: secret(f"key-bureau-{code}") for code in bureaus},
        adapters={_ADAPTER: secret(f"key-adapter-{_ADAPTER}"), "desk": secret(DESK_KEY)},
        operator=secret(f"key-{_OPERATOR}"),
        console=ConsoleKeys(
            user=_ADMIN, password=secret("console-password"), key=secret(f"key-{CONSOLE}")
        ),
        sms_token=sms_token(infra.site),
    )
