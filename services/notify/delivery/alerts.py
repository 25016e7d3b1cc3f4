"""Delivery of alerts: what is due goes out once a morning."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TypeAlias

import structlog

from services.notify.records import Alert, AlertArea, NewProblem, RenderedMessage
from services.notify.rules.alerts import morning_after, news
from services.notify.store.alerts import (
    AT_ONCE,
    DueAlert,
    due_alerts,
    end_unwanted,
    move_alert,
    refuse_alert,
    tell_alert,
)
from shared.contract.events import new_id
from shared.errors import TransientError
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.postgres import Pool, borrow, transaction
from shared.runtime.sealing import Sealer
from shared.runtime.smtp import SendOutcome
from shared.vocabulary import END_OF_TIME

log = structlog.get_logger()

# The newest public problems of an area, the newest first; None where the list has no such area.
ReadProblems: TypeAlias = Callable[[AlertArea], Awaitable[Sequence[NewProblem] | None]]
# The e-mail with new problems, or without any the question whether the person wants them.
RenderAlert: TypeAlias = Callable[[Alert, Sequence[NewProblem]], RenderedMessage]
# Sends an e-mail of a city to an address; the last argument is its id.
SendAlert: TypeAlias = Callable[[RenderedMessage, str, str, str], Awaitable[SendOutcome]]

_LOOK_EVERY_S = 60.0
_GRACE_S = 5.0
_RETRY_AFTER = timedelta(hours=1)


class MailServerAwayError(TransientError):
    """The mail server takes nothing now."""

    code = "mail_server_away"


@dataclass(frozen=True, slots=True)
class AlertWorker:
    """Sends what is due. The next e-mail is set before one is sent: no day has two of an alert.

    After a crash in between, the next one tells of the same problems.
    """

    pool: Pool
    sealer: Sealer
    timezone: Callable[[str], tzinfo]  # of a jurisdiction
    clock: Callable[[], datetime]
    may_send: Callable[[], bool]
    serves: Callable[[Alert], bool]  # False for a city or a language that is not there any more
    render: RenderAlert
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

    async def send_due(self) -> bool:
        """Send e-mails that are due; return True when there may be more.

        An area whose problems cannot be read holds up no other; its error is raised at the end.
        """
        if not self.may_send():
            return False
        async with transaction(self.pool) as db:
            await end_unwanted(db, self.clock())
        async with borrow(self.pool) as db:
            due = await due_alerts(db, self.sealer, self.clock())
        listed: dict[AlertArea, Sequence[NewProblem] | TransientError | None] = {}
        for one in due:
            area = one.alert.area
            if one.mailbox is None or not self.serves(one.alert):
                await self._skip(one, "unreadable" if one.mailbox is None else "not_served")
            elif one.alert.told_until is None:
                await self._send(one, one.mailbox, [], None)
            else:
                if area not in listed:
                    listed[area] = await self._read(area)
                await self._send_news(one, one.mailbox, one.alert.told_until, listed[area])
        for found in listed.values():
            if isinstance(found, TransientError):
                raise found
        return len(due) == AT_ONCE

    async def _read(self, area: AlertArea) -> Sequence[NewProblem] | TransientError | None:
        try:
            return await self.problems(area)
        except TransientError as error:
            return error

    async def _send_news(
        self,
        due: DueAlert,
        mailbox: str,
        told_until: datetime,
        listed: Sequence[NewProblem] | TransientError | None,
    ) -> None:
        if isinstance(listed, TransientError):
            return
        if listed is None:
            await self._skip(due, "no_such_area")
            return
        problems, until = news(listed, told_until, self.clock())
        if problems:
            await self._send(due, mailbox, problems, until)
        else:
            await self._move(due, self._morning_after(due.alert))

    async def _skip(self, due: DueAlert, reason: str) -> None:
        """Put an alert off that cannot be sent, where it holds up no other."""
        log.error("alert_skipped", alert=due.alert.alert_id, reason=reason)
        await self._move(due, self._morning_after(due.alert))

    async def _send(
        self, due: DueAlert, mailbox: str, problems: Sequence[NewProblem], until: datetime | None
    ) -> None:
        alert, mail_id, retry_at = due.alert, new_id(), self.clock() + _RETRY_AFTER
        next_at = self._morning_after(alert) if problems else retry_at
        if not await self._move(due, next_at, mail_id):
            return
        message = self.render(alert, problems)
        outcome = await self.send(message, alert.area.jurisdiction, mailbox, mail_id)
        log.info("alert_settled", alert=alert.alert_id, state=outcome.state, problems=len(problems))
        sent = due._replace(due_at=next_at)
        async with transaction(self.pool) as db:
            match outcome.state:
                case "waiting":
                    await move_alert(db, sent, retry_at)
                case "failed":
                    await refuse_alert(db, alert.alert_id)
                case "sent":
                    await tell_alert(db, alert.alert_id, until)
                    if not problems:
                        await move_alert(db, sent, END_OF_TIME)
                case "unknown":  # a question is asked again, problems are told again
                    pass
        if outcome.result == "unreachable":
            raise MailServerAwayError("smtp: unreachable")

    async def _move(self, due: DueAlert, due_at: datetime, mail_id: str | None = None) -> bool:
        async with transaction(self.pool) as db:
            return await move_alert(db, due, due_at, mail_id)

    def _morning_after(self, alert: Alert) -> datetime:
        return morning_after(self.clock(), self.timezone(alert.area.jurisdiction))
