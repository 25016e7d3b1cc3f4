"""Consents of people to messages."""

from dataclasses import dataclass
from datetime import datetime

from shared.vocabulary import StatusChannel


@dataclass(frozen=True, slots=True)
class ContactConsent:
    """The latest consent of a person to messages by a channel.

    Attributes:
        contact: Keyed hash of the number or address.
        channel: The channel.
        opted_out: True when the person wants no more of them.
        at: When the person gave it.
    """

    contact: str
    channel: StatusChannel
    opted_out: bool
    at: datetime
