"""The channels by which messages go out, with the providers of each."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from services.notify.channels.email.sender import EmailSender, MailIdentity
from services.notify.channels.sms.sender import open_sms
from services.notify.delivery.providers import Provider
from services.notify.rendering import MessageRenderer
from services.notify.settings import NotifySettings, SecondProviders
from shared.runtime.smtp import SmtpSettings, open_mailers
from shared.vocabulary import StatusChannel


class OpenChannel(NamedTuple):
    """A channel that is on.

    Attributes:
        name: Its name.
        providers: Its providers, the first one first.
        within_s: Deadline of one hand-over, in seconds.
    """

    name: StatusChannel
    providers: Sequence[Provider]
    within_s: float


@asynccontextmanager
async def open_channels(
    settings: NotifySettings,
    second: SecondProviders,
    renderer: MessageRenderer,
    identity: MailIdentity,
) -> AsyncGenerator[list[OpenChannel]]:
    """Yield the channels that are on.

    Args:
        settings: The first provider of each.
        second: The second one, where it is set.
        renderer: Renders the messages.
        identity: As whom e-mail is sent.
    """
    servers: list[SmtpSettings] = [settings, *([second] if second.smtp_host else [])]
    accounts = [one for one in (settings.sms, second.sms) if one]
    async with AsyncExitStack() as stack:
        emails, texts = list[Provider](), list[Provider]()
        for server in servers:
            opening = open_mailers(server, identity.sender, settings.smtp_connections)
            mailers = await stack.enter_async_context(opening)
            emails.append(Provider([EmailSender(one, renderer, identity) for one in mailers]))
        for account in accounts:
            texters = open_sms(account, renderer, settings.base_url)
            texts.append(Provider(await stack.enter_async_context(texters)))
        channels = [OpenChannel("email", emails, max(server.smtp_within_s for server in servers))]
        if accounts:
            channels.append(OpenChannel("sms", texts, max(one.within_s for one in accounts)))
        yield channels
