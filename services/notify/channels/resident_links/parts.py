"""Opens the channel of links: their pages, and the route by which bureaus read contacts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.notify.channels.resident_links.contact import contact_routes
from services.notify.channels.resident_links.feedback import feedback_routes
from services.notify.channels.resident_links.pages import LinkPages
from services.notify.channels.resident_links.preferences import preference_routes
from services.notify.ports import NotifyPorts
from shared.runtime.http.callers import Callers
from shared.runtime.service import ChannelParts


@asynccontextmanager
async def open_resident_links(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Yield the parts of the channel."""
    settings, pages = core.settings, LinkPages(core)
    callers = Callers.of(
        core.pool,
        key_per_second=settings.key_per_second,
        address_per_second=settings.address_per_second,
        proxies=settings.trusted_proxies,
    )
    yield ChannelParts(
        routes=[
            *feedback_routes(core, pages),
            *contact_routes(core, callers),
            *preference_routes(core, pages),
        ]
    )
