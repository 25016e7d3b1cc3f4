"""Rule: what a provider's status of a text message says about its delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

SettledState: TypeAlias = Literal["sent", "failed"]
_SETTLES: Mapping[SettledState, tuple[str, ...]] = {
    "sent": ("unknown",),
    "failed": ("unknown", "sent"),
}


def settled_from(state: SettledState) -> tuple[str, ...]:
    """Return the states of a delivery that become this one; any other stays.

    A message that was sent may turn out as undelivered, but never the other way round, so repeats
    and statuses in any order give the same.
    """
    return _SETTLES[state]


RETURNED_WITHIN = timedelta(days=30)
"""Time after which a report about an e-mail counts no more; passing failures are counted in it."""
MAX_PASSING = 3
"""E-mails in that time that bounce for now before their address counts as one that takes none."""
Suppression: TypeAlias = Literal["bounced", "complained"]


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """A report of another mail server about one e-mail.

    Attributes:
        notification_id: Id of the e-mail; may be forged.
        kind: ``bounced_for_now`` when the address may take the next one.
    """

    notification_id: str
    kind: Literal["bounced", "bounced_for_now", "complained"]
    at: datetime


def suppression_of(returned: ReturnedMail, passing: int) -> Suppression | None:
    """Return why an address gets no more e-mail; None while it does.

    Args:
        passing: Temporary bounces of the address, this one included.
    """
    if returned.kind == "bounced_for_now":
        return "bounced" if passing >= MAX_PASSING else None
    return returned.kind
