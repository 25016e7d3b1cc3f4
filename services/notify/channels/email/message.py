"""E-mail messages as MIME, and the addresses that send them."""

import re
from binascii import b2a_qp
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.message import Message
from email.policy import Compat32
from email.utils import format_datetime, formataddr
from types import MappingProxyType
from urllib.parse import quote

from typing_extensions import override

from services.notify.records import RenderedMessage

_ANOTHER_HEADER = re.compile(r"\r(?!\n)|\n(?![ \t])")


class _Encoded(Compat32):
    """A policy for headers that are encoded and folded already: they are not parsed for it."""

    @override
    def fold_binary(self, name: str, value: str) -> bytes:
        if _ANOTHER_HEADER.search(value):
            raise ValueError(f"{name}: has a line that would be a header of its own")
        return f"{name}: {value}{self.linesep}".encode()


_SMTP = _Encoded(linesep="\r\n", max_line_length=998)  # a link in a header stays whole


def message_id(notification_id: str, sender: str) -> str:
    """Return the Message-ID, which is the same each time the message is built."""
    return f"<{notification_id}@{sender.rpartition('@')[2]}>"


def thread_headers(tracking_number: str, sender: str) -> Mapping[str, str]:
    """Return the headers by which mail programs thread the messages about a request.

    They refer to a message that is never sent. Its id contains the tracking number, so that a
    reply is matched to the request whatever its subject.
    """
    root = f"<{quote(tracking_number, safe='')}@{sender.rpartition('@')[2]}>"
    return {"In-Reply-To": root, "References": root}


def one_click_headers(rendered: RenderedMessage) -> Mapping[str, str]:
    """Return the headers by which a mail program unsubscribes with one click (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{rendered.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def build_message(  # noqa: PLR0913 - parts of a message
    rendered: RenderedMessage,
    *,
    notification_id: str,
    sender: str,
    mailbox: str,
    now: datetime,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the message as bytes: headers, the text part and the HTML part.

    The standard library's newer ``EmailMessage`` parses each header again, which costs six times as
    much as ``Message`` and decodes an encoded word in a subject. More headers are in ASCII.
    """
    message = Message(_SMTP)
    message["From"] = formataddr((rendered.city, sender))
    message["To"] = mailbox
    subject = Header(rendered.subject, "utf-8", header_name="Subject")
    message["Subject"] = subject.encode(linesep=_SMTP.linesep)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(notification_id, sender)
    for name, value in headers.items():
        message[name] = value
    message["Content-Language"] = rendered.language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps autoresponders silent
    message["MIME-Version"] = "1.0"
    boundary = f"=_{notification_id}"  # "=_" never occurs in quoted-printable text
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    message.attach(_part("plain", rendered.text))
    message.attach(_part("html", rendered.html))
    return message.as_bytes()


def _part(subtype: str, text: str) -> Message:
    part = Message(_SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


@dataclass(frozen=True, slots=True)
class MailIdentity:
    """Sender identity of the router's e-mail; ``sign`` adds the DKIM signature."""

    sender: str  # of cities without an inbox
    # By jurisdiction, the address that sends and takes replies; bounces go to its domain.
    inboxes: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], bytes] = lambda message: message

    def sender_of(self, jurisdiction: str) -> str:
        """Return the address in `From`: that which takes replies and sends questions, if any."""
        return self.inboxes.get(jurisdiction, self.sender)

    def bounce_address(self, jurisdiction: str, notification_id: str) -> str | None:
        """Return the envelope sender that identifies a bounced message (VERP), if any."""
        inbox = self.inboxes.get(jurisdiction)
        return f"bounce+{notification_id}@{inbox.rpartition('@')[2]}" if inbox else None
