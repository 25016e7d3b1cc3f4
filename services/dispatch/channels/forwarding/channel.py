"""Forwarding: a worker for each bureau with a system or a mailbox of its own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from services.dispatch.channels.forwarding.digests import DigestHead, DigestWorker
from services.dispatch.channels.forwarding.open311_client import Open311Client
from services.dispatch.channels.forwarding.open311_worker import Open311Worker
from services.dispatch.channels.forwarding.overview import forward_routes
from services.dispatch.channels.forwarding.store.digests import Digests
from services.dispatch.channels.forwarding.store.forwards import ForwardQueue
from services.dispatch.ports import DispatchPorts
from shared.catalogue import Bureau, DigestForward, Jurisdiction, Open311Forward
from shared.errors import Route311Error
from shared.runtime.http.client import OutgoingCalls, open_outgoing_calls
from shared.runtime.postgres import Pool, open_pool
from shared.runtime.secret_files import secret_from_environment
from shared.runtime.service import ChannelParts, ServiceTask

_CONNECTIONS = 2


class ForwardSettingError(Route311Error):
    """A bureau of the catalogue forwards, and a setting that this needs is missing."""

    code = "forward_setting"


@asynccontextmanager
async def open_forwarding(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel of forwarding, with a worker for each bureau that forwards."""
    settings = core.settings
    async with (
        open_pool(settings.postgres_dsn.get_secret_value(), size=_CONNECTIONS) as pool,
        open_outgoing_calls(settings.webhook_allow) as calls,
    ):
        yield ChannelParts(tasks=forwarding_tasks(core, pool, calls), routes=forward_routes(core))


def forwarding_tasks(core: DispatchPorts, pool: Pool, calls: OutgoingCalls) -> list[ServiceTask]:
    """Return a task per bureau that forwards; raises ``ForwardSettingError``."""
    tasks = list[ServiceTask]()
    for city in core.policy.catalogue.jurisdictions.values():
        for bureau in city.bureaus.values():
            forward = bureau.forward
            if forward and forward.open311:
                sender = _sender(core, pool, calls, bureau.code, forward.open311)
                core.wake_on_commit(sender.wake)
                tasks.append(sender.run)
            if forward and forward.digest:
                tasks.append(_mailer(core, pool, city, bureau, forward.digest).run)
    return tasks


def _sender(
    core: DispatchPorts, pool: Pool, calls: OutgoingCalls, bureau: str, to: Open311Forward
) -> Open311Worker:
    key = secret_from_environment(to.api_key_env)
    if not key:
        raise ForwardSettingError(f"{bureau} forwards by Open311: set {to.api_key_env}")
    return Open311Worker(core, ForwardQueue(pool, bureau), Open311Client(calls, to, key))


def _mailer(
    core: DispatchPorts, pool: Pool, city: Jurisdiction, bureau: Bureau, to: DigestForward
) -> DigestWorker:
    settings = core.settings
    if not (settings.smtp_host and settings.sender):
        raise ForwardSettingError(
            f"{bureau.code} gets a digest: set DISPATCH_SMTP_HOST and DISPATCH_SENDER"
        )
    zone = ZoneInfo(city.timezone)
    head = DigestHead(bureau.code, bureau.name, city.name, zone, settings.sender, to.email)
    return DigestWorker(
        Digests(pool, bureau.code, core.work_orders), head, to.at, settings, core.clock
    )
