"""Webhooks: their administration, and the worker that calls them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.dispatch.channels.webhooks.api import delivery_routes, webhook_routes
from services.dispatch.channels.webhooks.store.deliveries import WebhookQueue
from services.dispatch.channels.webhooks.store.webhooks import Webhooks
from services.dispatch.channels.webhooks.worker import WebhookWorker
from services.dispatch.ports import DispatchPorts
from shared.runtime.http.outgoing_calls import open_outgoing_calls
from shared.runtime.postgres import open_pool
from shared.runtime.service import ChannelParts

_CONNECTIONS = 5


@asynccontextmanager
async def open_webhooks(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel of webhooks."""
    settings, webhooks = core.settings, Webhooks(core.pool, core.lock_bureau)
    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        open_pool(dsn, size=_CONNECTIONS) as pool,
        open_outgoing_calls(settings.webhook_allow) as calls,
    ):
        worker = WebhookWorker(WebhookQueue(pool), calls)
        core.wake_on_commit(worker.wake)
        yield ChannelParts(
            tasks=[worker.run],
            routes=[
                *webhook_routes(core.access, webhooks, settings.webhook_allow),
                *delivery_routes(core.access, webhooks),
            ],
        )
