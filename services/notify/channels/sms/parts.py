"""Opens the channel of text messages: senders for each provider, and their status callbacks."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from services.notify.channels.sms.sender import open_senders
from services.notify.channels.sms.status_api import sms_status_routes
from services.notify.ports import NotifyPorts
from shared.runtime.service import ChannelParts


@asynccontextmanager
async def open_sms(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Yield the parts of the channel; none where no provider is set.

    Raises:
        ValueError: The second provider lacks the number of a city.
    """
    first, second = core.settings.sms, core.second.sms
    if first and second and first.numbers.keys() != second.numbers.keys():
        raise ValueError("NOTIFY_SECOND_SMS_NUMBERS: name the cities of NOTIFY_SMS_NUMBERS")
    accounts = [account for account in (first, second) if account]
    if not accounts:
        yield ChannelParts()
        return
    async with AsyncExitStack() as stack:
        providers = [
            await stack.enter_async_context(
                open_senders(account, core.renderer.render_sms, core.settings.base_url)
            )
            for account in accounts
        ]
        deliver = core.deliver("sms", providers, max(account.within_s for account in accounts))
        yield ChannelParts(tasks=[deliver], routes=sms_status_routes(core))
