"""Reports of other mail servers about mail of ours: bounces (RFC 3464), complaints (RFC 5965).

The report says what happened; the recipient ``bounce+<notification id>@…`` says to which message.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from services.intake.channels.mail.rules.headers import header

ReturnKind: TypeAlias = Literal["bounced", "bounced_for_now", "complained"]

# Time after which no report about a message is expected; older ids are forged.
RETURNED_WITHIN = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(hours=1)
_BOUNCE = re.compile(r"<?bounce\+([0-9a-f-]{36})@([^@>]+)>?", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([0-9a-f-]{36})@[^@>]+>", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# A passing failure, a full mailbox (5.2.2), a refusal of this message for its content (5.7).
_PASSES = re.compile(r"4\.|5\.2\.2$|5\.7\.")
_COMPLAINTS = frozenset({"abuse", "fraud"})
_MILLISECONDS_FROM = 80


class ReturnReport(NamedTuple):
    """A report about a message of ours."""

    kind: ReturnKind
    status: str | None = None  # enhanced status code (RFC 3463); None without one
    # Id of the message, as a complaint names it; None where only the recipient may.
    named: str | None = None


def read_report(message: Message) -> ReturnReport | None:
    """Return the bounce or complaint that a message reports; None for any other message."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            return _failure(part)
        if part.get_content_type() == "message/feedback-report":
            return _complaint(part, parts)
    return None


def bounce_address(recipient: str) -> tuple[str, str] | None:
    """Return id and domain of ``bounce+<notification id>@<domain>``; None for other addresses."""
    found = _BOUNCE.fullmatch(recipient)
    return (found[1].lower(), found[2].lower()) if found else None


def may_return(notification_id: str, now: datetime) -> bool:
    """Return True for the id, a UUIDv7, of a message that is young enough to come back."""
    try:
        id_ = UUID(notification_id)
    except ValueError:
        return False
    made = timedelta(milliseconds=id_.int >> _MILLISECONDS_FROM)
    age = now - datetime.fromtimestamp(0, UTC) - made
    return -_CLOCKS_DIFFER <= age <= RETURNED_WITHIN


def _failure(part: Message) -> ReturnReport | None:
    """Return the failure of the only recipient; None for a delay, a relay or a delivery."""
    for block in _blocks(part):
        if header(block, "action").lower().startswith("failed"):
            found = _STATUS.search(header(block, "status"))
            status = found[1] if found else None
            passes = status is None or _PASSES.match(status)
            return ReturnReport("bounced_for_now" if passes else "bounced", status)
    return None


def _complaint(part: Message, parts: list[Message]) -> ReturnReport | None:
    fields = next(_blocks(part), part)
    if header(fields, "feedback-type").lower() not in _COMPLAINTS:
        return None
    named = bounce_address(header(fields, "original-mail-from"))
    return ReturnReport("complained", named=named[0] if named else _original_id(parts))


def _original_id(parts: list[Message]) -> str | None:
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            original = next(_blocks(part), part)
            if found := _MESSAGE_ID.fullmatch(header(original, "message-id")):
                return found[1].lower()
    return None


def _blocks(part: Message) -> Iterator[Message]:
    if part.is_multipart():
        yield from (block for block in part.get_payload() if isinstance(block, Message))
