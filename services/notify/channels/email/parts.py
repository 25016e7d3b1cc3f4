"""Opens the channel of e-mail: connections to each mail server, and the signature."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from services.notify.channels.email.dkim_signer import DkimSigner
from services.notify.channels.email.sender import EmailSender, MailIdentity
from services.notify.ports import NotifyPorts
from services.notify.settings import NotifySettings
from shared.runtime.service import ChannelParts
from shared.runtime.smtp import SmtpSettings, open_mailers


@asynccontextmanager
async def open_email(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Yield the parts of the channel.

    Raises:
        ValueError: The DKIM key cannot sign.
    """
    settings, second = core.settings, core.second
    servers: list[SmtpSettings] = [settings, *([second] if second.smtp_host else [])]
    sign = await asyncio.to_thread(_signature, settings)
    identity = MailIdentity(settings.sender, core.inboxes, sign)
    async with AsyncExitStack() as stack:
        providers = []
        for server in servers:
            opening = open_mailers(server, settings.sender, settings.smtp_connections)
            mailers = await stack.enter_async_context(opening)
            providers.append(
                [EmailSender(mailer, core.renderer.render, identity) for mailer in mailers]
            )
        within_s = max(server.smtp_within_s for server in servers)
        yield ChannelParts(tasks=[core.deliver("email", providers, within_s)])


def _signature(settings: NotifySettings) -> Callable[[bytes], bytes]:
    """Return the function that signs, after one trial: a key that cannot sign stops the start."""
    if settings.dkim_key_file is None:
        return lambda message: message
    signer = DkimSigner(
        settings.dkim_domain or settings.sender.rpartition("@")[2],
        settings.dkim_selector,
        settings.dkim_key_file.read_bytes(),
    )
    try:
        signer.signed(b"From: \r\n\r\n")
    except ValueError as error:
        raise ValueError(f"NOTIFY_DKIM_KEY_FILE {error}") from error
    return signer.signed
