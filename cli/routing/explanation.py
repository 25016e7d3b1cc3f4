"""Views of routing: the explanation of one route, and the table of every kind's routes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from cli.terminal import show_facts, show_table
from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.routing import Assignment, RoutingContext, route, unmet
from shared.catalogue import Jurisdiction, ServiceType
from shared.vocabulary import URGENT_LEVELS, DangerClass, PriorityLevel

_TIME = "%A %Y-%m-%d %H:%M %Z"


def explain_route(
    context: RoutingContext, city: Jurisdiction, policy: DispatchPolicy, at: datetime
) -> dict[str, Any]:
    """Return the explanation as plain data for JSON; deadlines count from ``at``."""
    kind, found = context.kind, route(context, city.routing)
    lead = found.lead.bureau if found else None
    due = policy.deadline_policy(city, kind, at, lead).due(context.level) if lead else None
    return {
        "jurisdiction": city.id,
        "kind": kind.code,
        "name": kind.name.en,
        "priority": context.level,
        "at": context.local_time.isoformat(),
        "local_time": context.local_time.strftime(_TIME),
        "holiday": context.is_holiday,
        "lead": _assignment(found.lead, context, city) if found else None,
        "informed": [_assignment(a, context, city) for a in found.informed] if found else [],
        "notes": list(found.notes) if found else [],
        "due": due
        and {
            "acknowledge_by": due.acknowledge_by.astimezone(context.local_time.tzinfo).isoformat(),
            "complete_by": due.complete_by.astimezone(context.local_time.tzinfo).isoformat(),
        },
        "only_hazards": kind.city_lead is None,
        "rules": [
            {"rule": rule.name, "unmet": list(unmet(rule, context)), "lead": rule.lead}
            for rule in city.routing
        ],
    }


def _assignment(
    assignment: Assignment, context: RoutingContext, city: Jurisdiction
) -> dict[str, Any]:
    bureau = city.bureaus[assignment.bureau]
    return {
        "bureau": bureau.code,
        "name": bureau.name,
        "rule": assignment.rule,
        "open": context.is_open(bureau.code),
    }


def show_explanation(found: dict[str, Any], console: Console) -> None:
    """Print an explanation: the route, then every rule in order."""
    facts = [
        ("kind", f"{found['kind']} {found['name']}, {found['priority']}"),
        ("at", f"{found['local_time']}{', a holiday' if found['holiday'] else ''}"),
        *(("lead", _words(one)) for one in filter(None, [found["lead"]])),
        *(("informed", _words(one)) for one in found["informed"]),
        *(("note", note) for note in found["notes"]),
    ]
    if due := found["due"]:
        facts.append(("due", f"acknowledge by {due['acknowledge_by']}"))
        facts.append(("", f"complete by {due['complete_by']}"))
    if found["lead"] is None:
        facts.append(("lead", "no bureau of the city acts on this kind"))
    if found["only_hazards"]:
        facts.append(("scope", "hazards only; an outside agency gets all other reports"))
    show_facts(console, facts)
    console.print()
    rules = [
        (rule["rule"], f"no: {', '.join(rule['unmet'])}" if rule["unmet"] else "matches")
        for rule in found["rules"]
    ]
    show_table(console, ("rule", "match"), rows=rules, empty="no rules")


def _words(assignment: dict[str, Any]) -> str:
    hours = "open" if assignment["open"] else "closed"
    return f"{assignment['bureau']}, {hours}, by {assignment['rule']}"


# Local times by heading.
MOMENTS: Mapping[str, datetime] = {
    "Tuesday 10:00": datetime(2026, 11, 17, 10),  # noqa: DTZ001 - of the city's own clock
    "Sunday 02:00": datetime(2026, 11, 22, 2),  # noqa: DTZ001 - as above
    "Thanksgiving 10:00": datetime(2026, 11, 26, 10),  # noqa: DTZ001 - as above
}

_TABLE_TIME = "%a %d %b %H:%M"


def table_rows(city: Jurisdiction, policy: DispatchPolicy) -> list[dict[str, str]]:
    """Return a row for each kind at its own level, for a hazard, and for each danger in rules."""
    rows = []
    for kind in city.services.values():
        rows.append(_row(kind, kind.priority, city, policy))
        if kind.city_lead is None or kind.priority not in URGENT_LEVELS:
            rows.append(_row(kind, min(kind.priority, "P2"), city, policy, is_hazard=True))
        for danger in _dangers_routed(kind, city):
            level: PriorityLevel = "P2" if danger == "road_hazard" else "P1"
            rows.append(_row(kind, level, city, policy, danger=danger))
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
    danger: DangerClass | None = None,
) -> dict[str, str]:
    zone = ZoneInfo(city.timezone)
    is_referred = kind.city_lead is None and not is_hazard
    cells = {
        heading: f"referred to {kind.lead}"
        if is_referred
        else _cell(kind, level, moment.replace(tzinfo=zone), city, policy, danger)
        for heading, moment in MOMENTS.items()
    }
    named = f"`{kind.code}` {kind.name.en}"
    why = danger.replace("_", " ") if danger else "hazard" if is_hazard else ""
    return {"kind": named, "level": f"{level} {why}".rstrip(), **cells}


def _dangers_routed(kind: ServiceType, city: Jurisdiction) -> Sequence[DangerClass]:
    """Return the dangers by which rules that name a kind choose a bureau."""
    rules = [rule.when for rule in city.routing if kind.code in rule.when.kinds]
    return sorted({danger for when in rules for danger in when.dangers})


def _cell(
    kind: ServiceType,
    level: PriorityLevel,
    at: datetime,
    city: Jurisdiction,
    policy: DispatchPolicy,
    danger: DangerClass | None,
) -> str:
    dangers = (danger,) if danger else ()
    found = route(policy.routing_context(city, kind, level, at, dangers=dangers), city.routing)
    if found is None:
        return f"referred to {kind.lead}"
    lead = found.lead.bureau
    due = policy.deadline_policy(city, kind, at, lead).due(level)
    seen, done = (d.astimezone(at.tzinfo) for d in (due.acknowledge_by, due.complete_by))
    informed = ", ".join(one.bureau for one in found.informed)
    others = f" with {informed}" if informed else ""
    return f"**{lead}**{others}; seen {seen:{_TABLE_TIME}}, done {done:{_TABLE_TIME}}"
