"""Making an e-mail message of a letter."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notify.rules.wording import Letter

_SEVEN_BIT = SMTP.clone(cte_type="7bit")  # whatever the servers on the way can carry


def message_id(notification_id: str, sender: str) -> str:
    """Return the id that the message bears wherever it goes, the same however often it is made."""
    return f"<{notification_id}@{sender.rpartition('@')[2]}>"


def compose(
    letter: Letter, *, notification_id: str, sender: str, mailbox: str, now: datetime
) -> bytes:
    """Return the message as bytes: headers, the text, and the same in HTML.

    Args:
        letter: What it says.
        notification_id: Names the message.
        sender: The address that it comes from.
        mailbox: Where it goes, as ``addresses.mailbox`` returned it.
        now: The present moment.
    """
    message = EmailMessage(_SEVEN_BIT)
    message["From"] = Address(letter.city, addr_spec=sender)
    message["To"] = Address(addr_spec=mailbox)
    message["Subject"] = _as_it_stands(letter.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(notification_id, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: let no autoresponder answer
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.language  # the two lines above drop an earlier one
    return message.as_bytes()


def _as_it_stands(text: str) -> str:
    """Return the text so that no header parser decodes an encoded word (RFC 2047) in it.

    The standard library does when a header is set, and what comes out may hold a line end.
    """
    return text.replace("=?", "= ?")
