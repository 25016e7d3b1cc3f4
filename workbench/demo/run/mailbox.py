"""E-mails of residents, and their answers to the questions that arrive in their mailboxes."""

import asyncio
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from shared.errors import Route311Error
from shared.runtime.clock import utc_now
from shared.runtime.smtp import SmtpSettings, open_mailers
from workbench.demo.run.new_files import NewFiles
from workbench.demo.run.observations import Observations
from workbench.demo.run.texts import reply_to
from workbench.demo.scenario import DemoSubmission

_AT_A_TIME = 4
_ID_DOMAIN = "mail.example.net"
_TRIES, _PAUSE_S = 20, 0.5
_LATER = frozenset({"deferred", "unreachable"})
_HEADERS_BYTES = 8 * 1024


class RefusedMailError(Route311Error):
    """Intake's mail server did not take a message."""

    code = "refused_mail"


class ResidentsAtMail:
    """Residents who report by e-mail and answer what they are asked.

    Attributes:
        asked: Number of questions that arrived.
    """

    def __init__(self, inbound: str, to: str, folder: Path, seen: Observations) -> None:
        """Write to a city.

        Args:
            inbound: Host and port of the server that takes the city's mail.
            folder: Mailboxes of all residents, an .eml file for each message.
            seen: Learns which message a request began with.
        """
        host, _, port = inbound.rpartition(":")
        self._server = SmtpSettings(smtp_host=host, smtp_port=int(port))
        self._to = to
        self._mailboxes = NewFiles(folder, "*.eml")
        self._seen = seen
        self._slots = asyncio.Semaphore(_AT_A_TIME)
        self._sent: dict[str, DemoSubmission] = {}
        self.asked = 0

    async def submit(self, submissions: Sequence[DemoSubmission]) -> None:
        """Return when the city's mail server has all messages."""
        await asyncio.gather(*map(self._report, submissions))

    async def answer_questions(self) -> None:
        """Read the mail that is new, and answer each question in it."""
        for path in self._mailboxes.look():
            with path.open("rb") as file:
                head = file.read(_HEADERS_BYTES)
            if b"\nIn-Reply-To:" in head:
                await self._answer(BytesParser().parsebytes(head, headersonly=True))

    async def _report(self, submission: DemoSubmission) -> None:
        message = report_mail(submission, self._to)
        id_ = str(message["Message-ID"])
        self._sent[id_] = submission
        self._seen.expect_message(id_, submission.source, submission.id)
        async with self._slots:
            await self._send(submission, message)

    async def _answer(self, question: Message) -> None:
        """Answer a message if it is about a report and wants one."""
        submission = self._sent.get(question["In-Reply-To"])
        if submission and "Reply-To" in question:
            self.asked += 1
            await self._send(submission, answer_mail(submission, question))

    async def _send(self, by: DemoSubmission, message: EmailMessage) -> None:
        """Send a message in a connection of its own, as the residents' own servers do.

        Raises:
            RefusedMailError: It is refused, or cannot be sent for a while.
        """
        sender, to = by.data["reporter"]["email"], message["To"].addresses[0].addr_spec
        reason = ""
        for _ in range(_TRIES):
            async with open_mailers(self._server, sender, 1) as [mailer]:
                outcome = await mailer.send(to, message.as_bytes(policy=SMTP))
            if outcome.result == "accepted":
                return
            reason = outcome.reason
            if outcome.result not in _LATER:
                break
            await asyncio.sleep(_PAUSE_S)
        raise RefusedMailError(f"intake did not take an e-mail: {reason}")


def report_mail(submission: DemoSubmission, to: str) -> EmailMessage:
    """Return the e-mail of a report; its subject is the place, unless the report lacks a point."""
    message = _mail(submission, "report")
    message["To"] = to
    message["Subject"] = submission.address if submission.point else ""
    message.set_content(submission.data["description"])
    return message


def answer_mail(submission: DemoSubmission, question: Message) -> EmailMessage:
    """Return a resident's answer to a question of the router."""
    message = _mail(submission, "answer")
    message["To"] = question["Reply-To"]
    message["Subject"] = f"Re: {submission.id}"
    message["In-Reply-To"] = question["Message-ID"]
    message.set_content(reply_to("", submission))
    return message


def _mail(submission: DemoSubmission, what: str) -> EmailMessage:
    reporter = submission.data["reporter"]
    message = EmailMessage()
    message["From"] = Address(reporter["name"], addr_spec=reporter["email"])
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = f"<{submission.id}.{what}@{_ID_DOMAIN}>"
    return message
