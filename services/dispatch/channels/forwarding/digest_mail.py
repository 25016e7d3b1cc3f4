"""Mail of a digest: a short table as text, and all rows as CSV."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from zoneinfo import ZoneInfo

from services.dispatch.channels.forwarding.rules.digests import SECTIONS, Section
from shared.contract.events import WorkOrder
from shared.csv_text import csv_text

_ROWS_A_SECTION = 25
_SUMMARY = 60
_SEVEN_BIT = SMTP.clone(cte_type="7bit")


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
