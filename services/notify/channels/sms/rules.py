"""Rules of text messages: their parts, and the provider's statuses and codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import gsm0338

# Code of Twilio's error: the recipient stopped our messages at the provider.
STOPPED_BY_RECIPIENT = 21610
_STATES: Mapping[str, Literal["sent", "failed"]] = {
    "sent": "sent",
    "delivered": "sent",
    "undelivered": "failed",
    "failed": "failed",
}
_GSM: Any = gsm0338.Codec()  # type: ignore[no-untyped-call]
_UCS2_BYTES = 2


def settled_state(status: str) -> Literal["sent", "failed"] | None:
    """Return the state that a provider's status settles; None for a transient one (``queued``)."""
    return _STATES.get(status)


@dataclass(frozen=True, slots=True)
class SmsParts:
    """The parts in which a text is sent, each of which the provider charges for."""

    # `gsm7` when every character is in GSM 03.38, which á, í, ó and ú are not.
    encoding: Literal["gsm7", "ucs2"]
    count: int


def sms_parts(text: str) -> SmsParts:
    """Return the parts of a text: one of 160 or 70 characters, or several of 153 or 67.

    Source: https://www.twilio.com/docs/glossary/what-sms-character-limit
    """
    try:
        return SmsParts("gsm7", _count(len(_GSM.encode(text)[0]), alone=160, each=153))
    except UnicodeEncodeError:
        units = len(text.encode("utf-16-be")) // _UCS2_BYTES
        return SmsParts("ucs2", _count(units, alone=70, each=67))


def _count(units: int, *, alone: int, each: int) -> int:
    return 1 if units <= alone else -(-units // each)
