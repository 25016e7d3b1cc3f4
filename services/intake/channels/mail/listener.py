"""The SMTP listener."""

import asyncio
from dataclasses import dataclass, field

from services.intake.channels.mail.conversations import MailConversations
from services.intake.channels.mail.session import MailHandler, MailLimits, MailSession


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
        """Close the port, and what is connected to it."""
        server.close()
        tasks = set(self.limits.open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
