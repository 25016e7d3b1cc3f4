"""Daily digests: when one is due, and what it says about each work order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from services.dispatch.rules.case import Case, CaseWorkOrder

DigestState: TypeAlias = Literal["sending", "waiting", "sent", "empty", "failed", "unknown"]
Section: TypeAlias = Literal["new", "overdue", "changed", "open"]

SECTIONS: tuple[Section, ...] = ("new", "overdue", "changed", "open")
"""In the order in which a reader needs them."""


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """A work order in a digest, with its case and the section that it stands in."""

    section: Section
    case: Case
    order: CaseWorkOrder


def due_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when the digest of a day is due, UTC.

    A time that the clocks skip counts as if they had not been changed, an hour later; of one that
    comes twice the first counts.

    Args:
        at: The time of day, by the city's clock.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def last_due_day(now: datetime, at: time, zone: ZoneInfo) -> date:
    """Return the day whose digest became due last, which may be yesterday.

    Args:
        at: The time of day, by the city's clock.
    """
    today = now.astimezone(zone).date()
    return today if due_at(today, at, zone) <= now else today - timedelta(days=1)


def digest_entry(
    case: Case,
    order: CaseWorkOrder,
    issued: Collection[str],
    changed: Collection[str],
    now: datetime,
) -> DigestEntry:
    """Return what a digest says about a work order.

    Args:
        order: The work order.
        issued: Ids of the work orders that were issued since the last digest.
        changed: Ids of those that had any event since then.
    """
    is_overdue = not order.is_final and (
        order.due.complete_by < now or (order.status == "issued" and order.due.acknowledge_by < now)
    )
    if order.work_order_id in issued and not order.is_final:
        return DigestEntry("new", case, order)
    if is_overdue:
        return DigestEntry("overdue", case, order)
    return DigestEntry("changed" if order.work_order_id in changed else "open", case, order)


def in_order(entries: Collection[DigestEntry]) -> list[DigestEntry]:
    """Return entries by section, then by urgency and age."""
    return sorted(
        entries,
        key=lambda entry: (
            SECTIONS.index(entry.section),
            entry.case.priority.level,
            entry.case.first_reported_at,
            entry.order.work_order_id,
        ),
    )


def is_worth_sending(entries: Collection[DigestEntry]) -> bool:
    """Return True when something is new, changed or overdue."""
    return any(entry.section != "open" for entry in entries)
