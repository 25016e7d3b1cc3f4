"""Messages by machines: bounces, automatic answers, lists, receipts."""

from email.message import Message

from services.intake.channels.mail.rules.headers import header

_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response", "list-id")
_DAEMONS = frozenset({"mailer-daemon", "postmaster"})
_NO_REPLIES = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply"})


def is_by_machine(message: Message, return_path: str, address: str | None) -> bool:
    """Return True for a message that gets no answer and is no report."""
    submitted = header(message, "auto-submitted").partition(";")[0].strip().lower()
    return (
        return_path in {"", "<>"}
        or submitted not in {"", "no"}
        or header(message, "precedence").lower() in _BULK
        or any(header(message, name) for name in _AUTOMATIC)
        or message.get_content_type() == "multipart/report"
        or _mailbox(address) in _DAEMONS
    )


def takes_answers(address: str | None) -> bool:
    """Return False for an unread mailbox, or none."""
    return address is not None and _mailbox(address) not in _NO_REPLIES


def _mailbox(address: str | None) -> str:
    return (address or "").partition("@")[0].lower()
