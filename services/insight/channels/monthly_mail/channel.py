"""Monthly reports: a worker for each city that names recipients.

A report is committed as ``sending`` before the mail server sees it. A crash in between leaves one
that may or may not have gone out; it is ``unknown`` then, and not sent again.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from services.insight.channels.monthly_mail.message import monthly_mail
from services.insight.channels.monthly_mail.store import MailState, MonthlyMails
from services.insight.ports import InsightPorts, reported_month
from services.insight.records import MonthlyReport
from shared.errors import Route311Error
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.service import ChannelParts
from shared.runtime.smtp import open_mailers

log = structlog.get_logger()

_LOOK_EVERY_S = 60.0
_GRACE_S = 5.0
_RETRY_AFTER = timedelta(minutes=5)


class MonthlyReportSettingError(Route311Error):
    """A city of the catalogue names recipients, and a setting that this needs is missing."""

    code = "monthly_report_setting"


@dataclass(frozen=True, slots=True)
class MonthlyMailer:
    """Sends the reports of one city."""

    core: InsightPorts
    report: MonthlyReport

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due until asked to stop."""
        await WokenWork(_LOOK_EVERY_S).run(
            stopping,
            lambda: cancel_on_stop(stopping, self.send_due(), grace_s=_GRACE_S),
            lambda error: log.warning("monthly_report_postponed", code=error.code),
        )

    async def send_due(self) -> None:
        """Send the report of the last whole month to each recipient who has not got it."""
        city, settings, clock = self.report.id, self.core.settings, self.core.clock
        mails = MonthlyMails(self.core.pool, city)
        for lost in await mails.end_abandoned(clock()):
            self._settled(lost, "unknown", "abandoned")
        month = reported_month(clock().astimezone(self.core.policy.timezones[city]))
        due = await mails.due(month, self.report.recipients, clock())
        figures = await self.core.public_figures(city, month) if due else None
        if figures is None:
            return
        lease = timedelta(seconds=2 * settings.smtp_within_s)
        pages = str(settings.pages_url or "").rstrip("/")
        async with open_mailers(settings, settings.sender, 1) as [mailer]:
            for mailbox in due:
                if not await mails.begin(month, mailbox, clock(), clock() + lease):
                    continue
                message = monthly_mail(self.report, figures, settings.sender, pages, clock())
                message["To"] = mailbox
                outcome = await mailer.send(mailbox, message.as_bytes())
                await mails.end(month, mailbox, outcome.state, clock() + _RETRY_AFTER)
                self._settled(month, outcome.state, outcome.reason)

    def _settled(self, month: date, state: MailState, reason: str) -> None:
        report = log.error if state in {"unknown", "failed"} else log.info
        fields = {"city": self.report.id, "month": f"{month:%Y-%m}", "state": state}
        report("monthly_report_settled", **fields, reason=reason or None)


@asynccontextmanager
async def open_monthly_mail(core: InsightPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel; raises ``MonthlyReportSettingError``."""
    reports = core.policy.monthly_reports
    if reports and not (core.settings.smtp_host and core.settings.sender):
        named = ", ".join(report.id for report in reports)
        raise MonthlyReportSettingError(
            f"{named}: monthly_report needs INSIGHT_SMTP_HOST and INSIGHT_SENDER"
        )
    yield ChannelParts(tasks=[MonthlyMailer(core, report).run for report in reports])
