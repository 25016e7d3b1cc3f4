"""E-mails, and what became of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from services.intake.channels.mail.channel import QuestionSender
from services.intake.channels.mail.conversations import Fate, MailConversations, ReceivedMail
from shared.runtime.postgres import Pool
from tests.support.builders import NOON
from tests.support.notify.mail_server import MailServer

CITY = "311@portlandoregon.gov"
ANA = "ana@example.org"
REPORT = "There is a deep pothole at NE 33rd and Fremont."
DANGER = "A power line is down and sparking on the sidewalk, people walk around it"


def mail(text: str, subject: str = "Hello", sender: str = ANA, **headers: str) -> EmailMessage:
    """A message; headers are named with ``_`` for ``-``."""
    message = EmailMessage(SMTP)
    message["From"] = f"Ana Lopez <{sender}>"
    message["To"] = CITY
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


@dataclass
class Postbox:
    """The city's e-mail, at moments of the test's own.

    Attributes:
        conversations: What takes messages.
        questions: What sends questions; the server that takes them is ``sent``.
        sent: Questions to people.
        pool: Intake's database.
        now: The present moment.
    """

    conversations: MailConversations
    questions: QuestionSender
    sent: MailServer
    pool: Pool
    now: datetime = NOON

    async def take(self, message: EmailMessage | bytes, to: str = CITY, path: str = ANA) -> Fate:
        content = message if isinstance(message, bytes) else bytes(message)
        return await self.conversations.take(ReceivedMail(content, path, (to,)), self.now)

    async def question(self) -> EmailMessage:
        """Send what waits, and return the newest question."""
        while await self.questions.send_one():
            pass
        return self.sent.mails[-1][1]

    async def events(self, kind: str) -> list[Any]:
        """The data of events of a type that wait to be published, in order."""
        rows = await self.pool.fetch("SELECT value FROM outbox_backlog WHERE value IS NOT NULL")
        found = [json.loads(row["value"]) for row in rows]
        return [event for event in found if event["type"] == f"route311.{kind}.v1"]

    async def requests(self) -> list[Any]:
        return [event["data"] for event in await self.events("request.submitted")]

    async def notes(self) -> list[tuple[str, str | None]]:
        notes = [event["data"] for event in await self.events("request.note_added")]
        return [(note["text"], note["by"]) for note in notes]
