"""States of the monthly reports by mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal, TypeAlias

from shared.runtime.postgres import Pool, transaction

MailState: TypeAlias = Literal["sending", "waiting", "sent", "failed", "unknown"]

_ABANDONED = """
    UPDATE monthly_mails SET state = 'unknown'
     WHERE jurisdiction = $1 AND state = 'sending' AND due_at <= $2 RETURNING month
"""
_BEGUN = """
    SELECT mailbox FROM monthly_mails
     WHERE jurisdiction = $1 AND month = $2 AND (state <> 'waiting' OR due_at > $3)
"""
_BEGIN = """
    INSERT INTO monthly_mails (jurisdiction, month, mailbox, state, due_at)
    VALUES ($1, $2, $3, 'sending', $5)
    ON CONFLICT (jurisdiction, month, mailbox) DO UPDATE SET state = 'sending', due_at = $5
     WHERE monthly_mails.state = 'waiting' AND monthly_mails.due_at <= $4
    RETURNING true
"""
_END = """
    UPDATE monthly_mails SET state = $4, due_at = $5
     WHERE jurisdiction = $1 AND month = $2 AND mailbox = $3 AND state = 'sending'
"""


@dataclass(frozen=True, slots=True)
class MonthlyMails:
    """The reports of one city."""

    pool: Pool
    city: str

    async def end_abandoned(self, now: datetime) -> Sequence[date]:
        """Mark reports ``unknown`` whose sender was killed while sending; return their months."""
        async with transaction(self.pool) as db:
            return [row["month"] for row in await db.fetch(_ABANDONED, self.city, now)]

    async def due(self, month: date, mailboxes: Sequence[str], now: datetime) -> Sequence[str]:
        """Return the mailboxes whose report was not begun, or is due again."""
        async with transaction(self.pool) as db:
            begun = {row["mailbox"] for row in await db.fetch(_BEGUN, self.city, month, now)}
        return [one for one in mailboxes if _digest(one) not in begun]

    async def begin(self, month: date, mailbox: str, now: datetime, until: datetime) -> bool:
        """Lease a report; return False if another sender was first."""
        async with transaction(self.pool) as db:
            key = (self.city, month, _digest(mailbox))
            return await db.fetchval(_BEGIN, *key, now, until) is not None

    async def end(self, month: date, mailbox: str, state: MailState, due_at: datetime) -> None:
        """Record the result of a report, with the time of the next try for ``waiting``."""
        async with transaction(self.pool) as db:
            await db.execute(_END, self.city, month, _digest(mailbox), state, due_at)


def _digest(mailbox: str) -> bytes:
    return sha256(mailbox.lower().encode()).digest()
