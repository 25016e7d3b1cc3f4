"""The mail of a digest: a short table as text, and all of it as CSV."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any
from zoneinfo import ZoneInfo

from services.dispatch.channels.forwarding.rules.digests import SECTIONS, Section
from shared.contract.events import WorkOrder
from shared.csv_text import csv_text

_ROWS_A_SECTION = 25
_SUMMARY = 60
_SEVEN_BIT = SMTP.clone(cte_type="7bit")
COLUMNS = (
    "section",
    "work_order_id",
    "priority",
    "status",
    "role",
    "service_code",
    "service_name",
    "summary",
    "address",
    "latitude",
    "longitude",
    "first_reported_at",
    "acknowledge_by",
    "complete_by",
    "request_count",
    "case_id",
)


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """Work order in a digest, with its section."""

    section: Section
    order: WorkOrder


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
    """Return the message; built again it has the same Message-ID."""
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


def digest_csv(entries: Sequence[DigestEntry]) -> str:
    """Return work orders as CSV, with a header line."""
    return csv_text(COLUMNS, map(_row, entries))


def _row(entry: DigestEntry) -> Sequence[Any]:
    order = entry.order
    return (
        entry.section,
        order.work_order_id,
        order.priority.level,
        order.status,
        order.role,
        order.service_code,
        order.service_name,
        order.summary,
        order.location.address,
        order.location.latitude,
        order.location.longitude,
        order.first_reported_at.isoformat(),
        order.due.acknowledge_by.isoformat(),
        order.due.complete_by.isoformat(),
        order.request_count,
        order.case_id,
    )


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
