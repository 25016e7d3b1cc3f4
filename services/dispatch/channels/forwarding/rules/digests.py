"""Daily digests: the day that is due, and the section of each work order."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from shared.vocabulary import FINAL_STATUSES, WorkOrderStatus

DigestState: TypeAlias = Literal["sending", "waiting", "sent", "empty", "failed", "unknown"]
Section: TypeAlias = Literal["new", "overdue", "changed", "open"]

# In the order in which a reader needs them.
SECTIONS: tuple[Section, ...] = ("new", "overdue", "changed", "open")


def due_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when the digest of a day is due, UTC.

    A time that the clocks skip counts as an hour later; of one that comes twice the first counts.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def last_due_day(now: datetime, at: time, zone: ZoneInfo) -> date:
    """Return the day whose digest became due last, which may be yesterday."""
    today = now.astimezone(zone).date()
    return today if due_at(today, at, zone) <= now else today - timedelta(days=1)


def section_of(  # noqa: PLR0913 - the facts of a work order
    status: WorkOrderStatus,
    acknowledge_by: datetime,
    complete_by: datetime,
    now: datetime,
    *,
    is_new: bool,
    has_changed: bool,
) -> Section:
    """Return the section of a work order; new and changed count since the last digest."""
    is_final = status in FINAL_STATUSES
    if is_new and not is_final:
        return "new"
    is_unseen = status == "issued" and acknowledge_by < now
    if not is_final and (complete_by < now or is_unseen):
        return "overdue"
    return "changed" if has_changed else "open"
