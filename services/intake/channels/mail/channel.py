"""E-mail in: the SMTP listener, conversations and their deadlines, and questions to people."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.intake.channels.conversations.waiting import (
    ConversationDeadlines,
    conversation_sealer,
)
from services.intake.channels.mail.conversations import MailConversations
from services.intake.channels.mail.questions import QuestionSender
from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.channels.mail.session import MailHandler, MailLimits, MailSession
from services.intake.ports import IntakePorts
from shared.runtime.clock import utc_now
from shared.runtime.service import ChannelParts, ServiceTask


@dataclass(frozen=True, slots=True)
class MailListener:
    """Listens for messages; with port 0 the system chooses one."""

    host: str
    port: int
    conversations: MailConversations
    limits: MailLimits = field(default_factory=MailLimits)

    async def run(self, stopping: asyncio.Event) -> None:
        """Listen until asked to stop; mail in transfer then goes to another instance."""
        processes = self.conversations.reader.pool
        await processes.start()
        try:
            server = await self.open()
            try:
                await stopping.wait()
            finally:
                await self.close(server)
        finally:
            await processes.close()

    async def open(self) -> asyncio.Server:
        """Begin to listen."""
        handler = MailHandler(self.conversations, self.limits)
        return await asyncio.get_running_loop().create_server(
            lambda: MailSession(handler), self.host, self.port
        )

    async def close(self, server: asyncio.Server) -> None:
        """Close the port and its connections."""
        server.close()
        tasks = set(self.limits.open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_mail(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open e-mail; without a port for it, reports that wait still get their deadlines."""
    settings = core.settings
    addresses = OurAddresses({id_: city.inbound_mail for id_, city in core.cities.items()})
    sealer = conversation_sealer(settings.conversation_secrets)
    questions = QuestionSender(core.pool, core.cities, sealer, addresses, settings, utc_now)
    conversations = MailConversations(core, sealer, addresses, MailReader(), questions.wake)
    tasks: list[ServiceTask] = [ConversationDeadlines(conversations, utc_now).run]
    if settings.mail_port is not None:
        listener = MailListener(settings.http_host, settings.mail_port, conversations)
        tasks += [listener.run, questions.run]
    yield ChannelParts(tasks=tasks)
