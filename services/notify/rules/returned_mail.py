"""Rule: which e-mails may come back, and how many passing failures end an address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

RETURNED_WITHIN = timedelta(days=30)
"""Time after which a report about an e-mail counts no more; passing failures are counted in it."""
MAX_PASSING = 3
"""E-mails in that time that bounce for now before their address counts as one that takes none."""
Suppression: TypeAlias = Literal["bounced", "complained"]


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """A report of another mail server about one e-mail.

    Attributes:
        notification_id: Id of the e-mail; it may be a stranger's invention.
        kind: ``bounced_for_now`` when the address may take the next one.
        at: When the report came.
    """

    notification_id: str
    kind: Literal["bounced", "bounced_for_now", "complained"]
    at: datetime


def suppression_of(returned: ReturnedMail, passing: int) -> Suppression | None:
    """Return why the address gets no more e-mail; None while it does.

    Args:
        returned: The report.
        passing: E-mails to the address that bounced for now, this one among them.
    """
    if returned.kind == "bounced_for_now":
        return "bounced" if passing >= MAX_PASSING else None
    return returned.kind
