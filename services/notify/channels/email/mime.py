"""Builds the MIME message of a rendered message."""

from binascii import b2a_qp
from collections.abc import Mapping
from datetime import datetime
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr
from types import MappingProxyType
from urllib.parse import quote

from services.notify.rendering import RenderedMessage

_SMTP = compat32.clone(linesep="\r\n", max_line_length=998)  # a link in a header stays whole


def message_id(notification_id: str, sender: str) -> str:
    """Return the Message-ID: the same whenever the message is built again."""
    return f"<{notification_id}@{sender.rpartition('@')[2]}>"


def thread_headers(tracking_number: str, sender: str) -> Mapping[str, str]:
    """Return the headers by which mail programs show the messages about a request together.

    They name a message that is never sent. Its id has the tracking number, so that a reply is
    about the request whatever its subject.
    """
    root = f"<{quote(tracking_number, safe='')}@{sender.rpartition('@')[2]}>"
    return {"In-Reply-To": root, "References": root}


def build_message(  # noqa: PLR0913 - what a message is made of
    rendered: RenderedMessage,
    *,
    notification_id: str,
    sender: str,
    mailbox: str,
    now: datetime,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the message as bytes: headers, the text part and the HTML part.

    It is built with the standard library's older ``Message``. The newer ``EmailMessage`` parses
    each header again, which costs six times as much and decodes an encoded word in a subject.

    Args:
        rendered: Subject, text and HTML.
        notification_id: Unique id of the message.
        sender: Sender address.
        mailbox: Recipient address, as ``normalize_email`` returned it.
        now: Value of the Date header.
        headers: More headers, in ASCII.
    """
    message = Message(_SMTP)
    message["From"] = formataddr((rendered.city, sender))
    message["To"] = mailbox
    message["Subject"] = Header(rendered.subject, "utf-8", header_name="Subject").encode()
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
