"""Daily digests: their mail, a short table and all rows as CSV, and the worker that sends them.

A digest is committed as ``sending`` before the mail server sees it. A crash in between leaves one
that may or may not have gone out; it is ``unknown`` then, and not sent again.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from zoneinfo import ZoneInfo

import structlog

from services.dispatch.channels.forwarding.rules.digests import SECTIONS, DigestState, last_due_day
from services.dispatch.channels.forwarding.store.digests import DigestEntry, Digests
from shared.csv_text import csv_text
from shared.runtime.ops.metrics import FORWARDS
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.smtp import SmtpSettings, open_mailers

_ROWS_A_SECTION = 25
_SUMMARY = 60
_SEVEN_BIT = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class DigestHead:
    """Sender and recipient of a bureau's digests."""

    bureau: str
    name: str
    city: str
    zone: ZoneInfo
    sender: str
    mailbox: str


def digest_mail(
    head: DigestHead, day: date, entries: Sequence[DigestEntry], now: datetime
) -> bytes:
    """Return the message; its Message-ID is the same for each retry."""
    message = EmailMessage(policy=_SEVEN_BIT)
    message["From"] = formataddr((f"{head.city} 311", head.sender))
    message["To"] = head.mailbox
    message["Subject"] = f"{head.bureau}: work orders of {day:%Y-%m-%d}"
    message["Date"] = format_datetime(now)
    domain = head.sender.rpartition("@")[2]
    message["Message-ID"] = f"<digest-{head.bureau.lower()}-{day:%Y-%m-%d}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    ordered = in_order(entries)
    message.set_content("\n".join(_lines(head, day, ordered)) + "\n")
    message.add_attachment(
        digest_csv(ordered).encode(),
        maintype="text",
        subtype="csv",
        filename=f"{head.bureau.lower()}-{day:%Y-%m-%d}.csv",
        params={"charset": "utf-8", "header": "present"},
    )
    return message.as_bytes()


def in_order(entries: Collection[DigestEntry]) -> list[DigestEntry]:
    """Return entries by section, then by urgency and age."""
    return sorted(
        entries,
        key=lambda entry: (
            SECTIONS.index(entry.section),
            entry.order.priority.level,
            entry.order.first_reported_at,
            entry.order.work_order_id,
        ),
    )


def is_worth_sending(entries: Collection[DigestEntry]) -> bool:
    """Return True when something is new, changed or overdue."""
    return any(entry.section != "open" for entry in entries)


_CELLS: Mapping[str, Callable[[DigestEntry], object]] = {
    "section": lambda entry: entry.section,
    "work_order_id": lambda entry: entry.order.work_order_id,
    "priority": lambda entry: entry.order.priority.level,
    "status": lambda entry: entry.order.status,
    "role": lambda entry: entry.order.role,
    "service_code": lambda entry: entry.order.service_code,
    "service_name": lambda entry: entry.order.service_name,
    "summary": lambda entry: entry.order.summary,
    "address": lambda entry: entry.order.location.address,
    "latitude": lambda entry: entry.order.location.latitude,
    "longitude": lambda entry: entry.order.location.longitude,
    "first_reported_at": lambda entry: entry.order.first_reported_at.isoformat(),
    "acknowledge_by": lambda entry: entry.order.due.acknowledge_by.isoformat(),
    "complete_by": lambda entry: entry.order.due.complete_by.isoformat(),
    "request_count": lambda entry: entry.order.request_count,
    "case_id": lambda entry: entry.order.case_id,
}
COLUMNS = tuple(_CELLS)


def digest_csv(entries: Sequence[DigestEntry]) -> str:
    """Return work orders as CSV, with a header line."""
    return csv_text(COLUMNS, ([cell(entry) for cell in _CELLS.values()] for entry in entries))


def _lines(head: DigestHead, day: date, entries: Sequence[DigestEntry]) -> Iterator[str]:
    yield f"{head.name}: work orders of {day:%A, %B} {day.day}, {day.year}."
    yield "The attachment has all of them."
    for section in SECTIONS:
        found = [entry for entry in entries if entry.section == section]
        if not found:
            continue
        yield ""
        yield f"{section.upper()} ({len(found):,})"
        for entry in found[:_ROWS_A_SECTION]:
            yield _line(entry, head.zone)
        if len(found) > _ROWS_A_SECTION:
            yield f"  and {len(found) - _ROWS_A_SECTION:,} more"


def _line(entry: DigestEntry, zone: ZoneInfo) -> str:
    order, due = entry.order, entry.order.due.complete_by.astimezone(zone)
    parts = (
        order.service_name,
        " ".join((order.location.address or "").split())[:_SUMMARY] or None,
        f"{order.status}, due {due:%a %b} {due.day}, {due:%H:%M}",
        " ".join(order.summary.split())[:_SUMMARY],
        order.work_order_id,
    )
    return f"  {order.priority.level}  {' | '.join(filter(None, parts))}"


log = structlog.get_logger()

_LOOK_EVERY_S = 10.0
_GRACE_S = 5.0
_RETRY_AFTER = timedelta(minutes=5)


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
            state, reason = outcome.state, outcome.reason or None
        await self.digests.end(day, state, reason, self.clock(), self.clock() + _RETRY_AFTER)
        if state != "waiting":
            self._ended = day
        self._report(day, state, reason)

    def _report(self, day: date, state: DigestState, reason: str | None) -> None:
        bureau = self.digests.bureau
        FORWARDS.labels(bureau, f"digest_{state}").inc()
        report = log.error if state in {"unknown", "failed"} else log.info
        report("digest_settled", bureau=bureau, day=f"{day}", state=state, reason=reason)
