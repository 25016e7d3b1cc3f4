"""Making an e-mail message of a letter."""

from binascii import b2a_qp
from datetime import datetime
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr

from services.notify.rendering import RenderedMessage

_SMTP = compat32.clone(linesep="\r\n")


def message_id(notification_id: str, sender: str) -> str:
    """Return the id that the message bears wherever it goes, the same however often it is made."""
    return f"<{notification_id}@{sender.rpartition('@')[2]}>"


def build_message(
    letter: RenderedMessage, *, notification_id: str, sender: str, mailbox: str, now: datetime
) -> bytes:
    """Return the message as bytes: headers, the text, and the same in HTML.

    It is made of the standard library's older classes, since the newer ones parse each header
    again: that costs six times as much, and turns an encoded word in a subject into what it hides.

    Args:
        letter: What it says.
        notification_id: Names the message.
        sender: The address that it comes from.
        mailbox: Where it goes, as ``normalize_email`` returned it.
        now: The present moment.
    """
    message = Message(_SMTP)
    message["From"] = formataddr((letter.city, sender))
    message["To"] = mailbox
    message["Subject"] = Header(letter.subject, "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(notification_id, sender)
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: let no autoresponder answer
    message["MIME-Version"] = "1.0"
    boundary = f"=_{notification_id}"  # no line of quoted-printable text holds the first two signs
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    message.attach(_part("plain", letter.text))
    message.attach(_part("html", letter.html))
    return message.as_bytes()


def _part(kind: str, text: str) -> Message:
    part = Message(_SMTP)
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part
