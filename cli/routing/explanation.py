"""Explanation of one route: lead and informed bureaus, and the match of every rule."""

from datetime import datetime
from typing import Any

from rich.console import Console

from cli.terminal import show_facts, show_table
from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.routing import Assignment, RoutingContext, route, unmet
from shared.catalogue import Jurisdiction

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
