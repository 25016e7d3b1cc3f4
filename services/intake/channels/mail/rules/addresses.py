"""Addresses of ours, and reports about mail of ours: bounces (RFC 3464), complaints (RFC 5965).

The report says what happened; the recipient ``bounce+<notification id>@…`` says to which message.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from services.intake.channels.mail.rules.headers import header
from shared.email_address import without_tag

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


_TOKEN = re.compile(r"[a-z2-7]{26}")


class OurAddresses:
    """The addresses of all cities; case does not matter."""

    def __init__(self, by_city: Mapping[str, Sequence[str]]) -> None:
        """Take the addresses of each jurisdiction; the first one is the sender of questions."""
        self._cities = {
            address.lower(): city for city, addresses in by_city.items() for address in addresses
        }
        self._senders = {city: addresses[0] for city, addresses in by_city.items() if addresses}
        self._domains = {
            address.rpartition("@")[2]: city for address, city in reversed(self._cities.items())
        }

    @property
    def cities(self) -> Collection[str]:
        """The jurisdictions that have an address."""
        return self._senders.keys()

    def city(self, recipient: str) -> str | None:
        """Return the city of a recipient, with or without a token; None for a stranger's.

        Bounces come back to the domain that they were sent from.
        """
        if bounce := bounce_address(recipient):
            return self._domains.get(bounce[1])
        return self._cities.get(without_tag(recipient.lower()))

    def returned_id(self, recipient: str, now: datetime) -> str | None:
        """Return the id of the message that comes back to a recipient; None for any other one."""
        bounce = bounce_address(recipient)
        is_ours = bounce and bounce[1] in self._domains and may_return(bounce[0], now)
        return bounce[0] if bounce and is_ours else None

    def sender(self, city: str) -> str:
        """Return the address from which a city's questions come."""
        return self._senders[city]

    def answer_address(self, city: str, token: str) -> str:
        """Return the address that an answer goes to."""
        local, _, domain = self._senders[city].rpartition("@")
        return f"{local}+{token}@{domain}"

    def is_known(self, recipient: str) -> bool:
        """Return True for an address of ours without a tag."""
        return recipient.lower() in self._cities

    def token(self, address: str) -> str | None:
        """Return the token in an address of ours, or in an id made of one; None without one."""
        tag = address.lower().rpartition("@")[0].partition("+")[2]
        return tag if self.city(address) and _TOKEN.fullmatch(tag) else None
