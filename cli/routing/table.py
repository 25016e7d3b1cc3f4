"""Table of routes: every kind on an ordinary morning, at night, and on a holiday."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.routing import route
from shared.catalogue import Jurisdiction, ServiceType
from shared.vocabulary import URGENT_LEVELS, PriorityLevel

MOMENTS: Mapping[str, datetime] = {
    "Tuesday 10:00": datetime(2026, 11, 17, 10),  # noqa: DTZ001 - of the city's own clock
    "Sunday 02:00": datetime(2026, 11, 22, 2),  # noqa: DTZ001 - as above
    "Thanksgiving 10:00": datetime(2026, 11, 26, 10),  # noqa: DTZ001 - as above
}
"""Local times by heading."""

_TIME = "%a %d %b %H:%M"


def table_rows(city: Jurisdiction, policy: DispatchPolicy) -> list[dict[str, str]]:
    """Return a row for each kind at its own level, and one for a hazard where that is another."""
    rows = []
    for kind in city.services.values():
        rows.append(_row(kind, kind.priority, city, policy))
        if kind.city_lead is None or kind.priority not in URGENT_LEVELS:
            rows.append(_row(kind, min(kind.priority, "P2"), city, policy, is_hazard=True))
    return rows


def table_lines(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    headings = list(rows[0])
    for cells in (headings, ["---"] * len(headings), *(row.values() for row in rows)):
        yield f"| {' | '.join(cells)} |"


def _row(
    kind: ServiceType,
    level: PriorityLevel,
    city: Jurisdiction,
    policy: DispatchPolicy,
    *,
    is_hazard: bool = False,
) -> dict[str, str]:
    zone = ZoneInfo(city.timezone)
    is_referred = kind.city_lead is None and not is_hazard
    cells = {
        heading: f"referred to {kind.lead}"
        if is_referred
        else _cell(kind, level, moment.replace(tzinfo=zone), city, policy)
        for heading, moment in MOMENTS.items()
    }
    named = f"`{kind.code}` {kind.name.en}"
    return {"kind": named, "level": f"{level} hazard" if is_hazard else level, **cells}


def _cell(
    kind: ServiceType,
    level: PriorityLevel,
    at: datetime,
    city: Jurisdiction,
    policy: DispatchPolicy,
) -> str:
    found = route(policy.routing_context(city, kind, level, at), city.routing)
    if found is None:
        return f"referred to {kind.lead}"
    lead = found.lead.bureau
    due = policy.deadline_policy(city, kind, at, lead).due(level)
    seen, done = (d.astimezone(at.tzinfo) for d in (due.acknowledge_by, due.complete_by))
    informed = ", ".join(one.bureau for one in found.informed)
    others = f" with {informed}" if informed else ""
    return f"**{lead}**{others}; seen {seen:{_TIME}}, done {done:{_TIME}}"
