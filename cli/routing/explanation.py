"""Explanation of one route: the lead and the informed, by which rule, and why by no other."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.routing import Assignment, RoutingContext, route, unmet
from shared.catalogue import Jurisdiction

_TIME = "%A %Y-%m-%d %H:%M %Z"


def explain_route(
    context: RoutingContext, city: Jurisdiction, policy: DispatchPolicy, at: datetime
) -> dict[str, Any]:
    """Return the explanation as plain data for JSON.

    Args:
        context: The report.
        city: Its city.
        policy: Kinds, bureaus and calendars.
        at: Moment of the report; its deadlines count from then.
    """
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


def explanation_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that a terminal shows of an explanation."""
    day = f"{found['local_time']}{', a holiday' if found['holiday'] else ''}"
    yield f"{found['kind']} {found['name']}, {found['priority']}, {day}"
    if found["only_hazards"]:
        yield "Only a hazard is the city's work; without one an outside agency gets the report."
    for role, those in (("lead", [found["lead"]]), ("informed", found["informed"])):
        for one in filter(None, those):
            hours = "open" if one["open"] else "closed"
            yield f"  {role:9}{one['bureau']:15}{hours:8}by {one['rule']}"
    if found["lead"] is None:
        yield "  no bureau of the city acts on this kind"
    for note in found["notes"]:
        yield f"  note     {note}"
    if due := found["due"]:
        yield f"  due      acknowledge by {due['acknowledge_by']}, complete by {due['complete_by']}"
    yield "Rules, in their order:"
    for rule in found["rules"]:
        verdict = f"no: {', '.join(rule['unmet'])}" if rule["unmet"] else "matches"
        yield f"  {rule['rule']:40}{verdict}"
