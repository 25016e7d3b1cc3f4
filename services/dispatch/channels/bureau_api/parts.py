"""The bureaus' API: the feed of their work orders, their updates and pictures."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.dispatch.channels.bureau_api.feed import feed_routes
from services.dispatch.channels.bureau_api.media import media_routes, open_intake
from services.dispatch.channels.bureau_api.updates import update_routes
from services.dispatch.ports import DispatchPorts
from shared.runtime.service import ChannelParts


@asynccontextmanager
async def open_bureau_api(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the bureaus' API."""
    async with open_intake(core.settings.intake_url) as intake:
        yield ChannelParts(
            routes=[*feed_routes(core), *update_routes(core), *media_routes(core, intake)]
        )
