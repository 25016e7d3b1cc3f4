"""E-mail in: the SMTP listener, conversations and their deadlines, and questions to people."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.intake.channels.conversations.deadlines import ConversationDeadlines
from services.intake.channels.conversations.sealed import conversation_sealer
from services.intake.channels.mail.conversations import MailConversations
from services.intake.channels.mail.listener import MailListener
from services.intake.channels.mail.questions import QuestionSender
from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.ports import IntakePorts
from shared.runtime.clock import utc_now
from shared.runtime.service import ChannelParts, ServiceTask


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
