"""Delivery of alerts: what is due goes out once a morning."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TypeAlias

import structlog

from services.notify.records import Alert, AlertArea, NewProblem
from services.notify.rules.alerts import news, next_morning
from services.notify.store.alerts import (
    DueAlert,
    due_alerts,
    end_alerts,
    end_unwanted,
    move_alert,
    tell_alert,
)
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.postgres import Pool, borrow, transaction
from shared.runtime.sealing import Sealer
from shared.runtime.smtp import SendOutcome
from shared.vocabulary import END_OF_TIME

log = structlog.get_logger()

# The newest public problems of an area, the newest first.
ReadProblems: TypeAlias = Callable[[AlertArea], Awaitable[Sequence[NewProblem]]]
# Sends an address new problems, or without any the question whether it wants them.
SendAlert: TypeAlias = Callable[[Alert, str, Sequence[NewProblem]], Awaitable[SendOutcome]]

_LOOK_EVERY_S = 60.0
_GRACE_S = 5.0
_RETRY_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AlertWorker:
    """Sends what is due. The next e-mail is set before one is sent: no day has two.

    After a crash in between, the next one tells of the same problems.
    """

    pool: Pool
    sealer: Sealer
    timezone: Callable[[str], tzinfo]  # of a jurisdiction
    clock: Callable[[], datetime]
    may_send: Callable[[], bool]
    problems: ReadProblems
    send: SendAlert
    _work: WokenWork = field(default_factory=lambda: WokenWork(_LOOK_EVERY_S), init=False)

    def wake(self) -> None:
        """Look at once: a person may have asked for an alert."""
        self._work.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due until asked to stop."""
        await self._work.run(
            stopping,
            lambda: cancel_on_stop(stopping, self.send_due(), grace_s=_GRACE_S),
            lambda error: log.warning("alerts_postponed", code=error.code),
        )

    async def send_due(self) -> None:
        """Send the e-mails that are due now."""
        if not self.may_send():
            return
        now = self.clock()
        async with transaction(self.pool) as db:
            await end_unwanted(db, now)
        async with borrow(self.pool) as db:
            due = await due_alerts(db, self.sealer, now)
        listed: dict[AlertArea, Sequence[NewProblem]] = {}
        for one in due:
            area, told_until = one.alert.area, one.alert.told_until
            if told_until is None:
                await self._send(one, END_OF_TIME, [], now)
                continue
            if area not in listed:
                listed[area] = await self.problems(area)
            problems, until = news(listed[area], told_until, now)
            morning = next_morning(now, self.timezone(area.jurisdiction))
            if problems:
                await self._send(one, morning, problems, until)
            else:
                async with transaction(self.pool) as db:
                    await move_alert(db, one, morning)

    async def _send(
        self, due: DueAlert, next_at: datetime, problems: Sequence[NewProblem], until: datetime
    ) -> None:
        alert = due.alert
        async with transaction(self.pool) as db:
            if not await move_alert(db, due, next_at):
                return
        outcome = await self.send(alert, due.mailbox, problems)
        async with transaction(self.pool) as db:
            if outcome.state == "waiting":
                await move_alert(db, due._replace(due_at=next_at), self.clock() + _RETRY_AFTER)
            elif outcome.state == "failed":
                await end_alerts(db, [alert.alert_id])
            elif outcome.state == "sent" and problems:
                await tell_alert(db, alert.alert_id, until)
        log.info("alert_settled", alert=alert.alert_id, state=outcome.state, problems=len(problems))
