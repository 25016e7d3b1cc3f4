"""Worker that sends a bureau its digest once a day, at most once.

A digest is committed as ``sending`` before the mail server sees it. A crash in between leaves one
that may or may not have gone out; it is ``unknown`` then, and not sent again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

import structlog

from services.dispatch.channels.forwarding.digest_mail import (
    DigestHead,
    digest_mail,
    is_worth_sending,
)
from services.dispatch.channels.forwarding.rules.digests import DigestState, last_due_day
from services.dispatch.channels.forwarding.store.digests import Digests
from shared.runtime.ops.metrics import FORWARDS
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.smtp import SmtpSettings, open_mailers

log = structlog.get_logger()

_LOOK_EVERY_S = 10.0
_GRACE_S = 5.0
_RETRY_AFTER = timedelta(minutes=5)
_STATES: Mapping[str, DigestState] = MappingProxyType(
    {
        "accepted": "sent",
        "refused": "failed",
        "deferred": "waiting",
        "unreachable": "waiting",
        "unknown": "unknown",
    }
)


@dataclass(slots=True)
class DigestWorker:
    """Sends the digests of one bureau, at a time of day by the city's clock."""

    digests: Digests
    head: DigestHead
    at: time
    smtp: SmtpSettings
    clock: Callable[[], datetime]
    _ended: date | None = field(default=None, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due until asked to stop."""
        bureau = self.digests.bureau
        await WokenWork(_LOOK_EVERY_S).run(
            stopping,
            lambda: cancel_on_stop(stopping, self.send_due(), grace_s=_GRACE_S),
            lambda error: log.warning("digest_postponed", code=error.code, bureau=bureau),
        )

    async def send_due(self) -> None:
        """Send the digest that became due last, unless it was sent."""
        now = self.clock()
        for lost in await self.digests.end_abandoned(now):
            self._report(lost, "unknown", "abandoned")
        day = last_due_day(now, self.at, self.head.zone)
        if day == self._ended:
            return
        lease = timedelta(seconds=2 * self.smtp.smtp_within_s)
        entries = await self.digests.begin(day, now, lease)
        if entries is None:
            return
        state: DigestState = "empty"
        reason: str | None = None
        if is_worth_sending(entries):
            async with open_mailers(self.smtp, self.head.sender, 1) as [mailer]:
                message = digest_mail(self.head, day, entries, now)
                outcome = await mailer.send(self.head.mailbox, message)
            state, reason = _STATES[outcome.result], outcome.reason or None
        await self.digests.end(day, state, reason, self.clock(), self.clock() + _RETRY_AFTER)
        if state != "waiting":
            self._ended = day
        self._report(day, state, reason)

    def _report(self, day: date, state: DigestState, reason: str | None) -> None:
        bureau = self.digests.bureau
        FORWARDS.labels(bureau, f"digest_{state}").inc()
        report = log.error if state in {"unknown", "failed"} else log.info
        report("digest_settled", bureau=bureau, day=f"{day}", state=state, reason=reason)
