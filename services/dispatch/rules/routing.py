"""Routing: ordered, named rules that choose the lead bureau of a case and the informed ones.

The name of the rule that chose a bureau is the ``route_rule`` of its work order.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from shared.catalogue import ServiceType
from shared.vocabulary import URGENT_LEVELS, PriorityLevel


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """Facts about a report that routing depends on.

    Attributes:
        kind: Its kind, from the catalogue.
        level: Its priority.
        conditions: Codes of the conditions that it meets.
        is_open: Returns True when the bureau of a code can be reached now.
        desk: The bureau that finds out where the problem is; None where that is known, or where
            the kind needs no place.
    """

    kind: ServiceType
    level: PriorityLevel
    conditions: Collection[str]
    is_open: Callable[[str], bool]
    desk: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A bureau that gets work, and the name of the rule that chose it."""

    bureau: str
    rule: str


@dataclass(frozen=True, slots=True)
class CaseRoute:
    """The bureaus that get work on a case, each once."""

    lead: Assignment
    informed: tuple[Assignment, ...]

    @property
    def all(self) -> tuple[Assignment, ...]:
        """Every bureau, the lead first."""
        return (self.lead, *self.informed)


LeadRule: TypeAlias = Callable[[RoutingContext], str | None]


def _no_place(context: RoutingContext) -> str | None:
    """Return the desk that finds out where the problem is."""
    return context.desk


def _urgent_desk(context: RoutingContext) -> str | None:
    """Return the kind's desk for urgent reports alone; it takes them at any hour."""
    after_hours = context.kind.after_hours
    if not after_hours.urgent_only or context.level not in URGENT_LEVELS:
        return None
    return _if_open(after_hours.bureau, context)


def _after_hours(context: RoutingContext) -> str | None:
    """Return the kind's bureau for the hours when its lead is closed."""
    after_hours, lead = context.kind.after_hours, context.kind.city_lead
    if after_hours.urgent_only or lead is None or context.is_open(lead):
        return None
    return _if_open(after_hours.bureau, context)


def _if_open(bureau: str | None, context: RoutingContext) -> str | None:
    return bureau if bureau is not None and context.is_open(bureau) else None


def _city_part(context: RoutingContext) -> str | None:
    """Return the bureau for the city's part of a problem that an outside agency leads."""
    return context.kind.city_lead if context.kind.is_outside else None


def _kind(context: RoutingContext) -> str | None:
    """Return the bureau that owns problems of this kind."""
    return context.kind.city_lead


def _hazard(context: RoutingContext) -> str | None:
    """Return the bureau that makes safe what is otherwise no work of the city."""
    return context.kind.hazard_lead


LEAD_RULES: tuple[tuple[str, LeadRule], ...] = (
    ("no-place-to-desk", _no_place),
    ("urgent-to-dispatch-desk", _urgent_desk),
    ("closed-to-after-hours", _after_hours),
    ("outside-lead-city-part", _city_part),
    ("kind-to-lead", _kind),
    ("hazard-to-city", _hazard),
)


def route(context: RoutingContext) -> CaseRoute | None:
    """Return the route of a report; None when the city has no part in problems of its kind.

    Triage decides which reports open a case, so a hazard keeps its lead when an operator lowers
    its priority.

    The first rule that names a bureau chooses the lead. Informed are, each once, the bureau that
    would lead otherwise, and those that the kind names unconditionally or for a condition that
    the report meets.
    """
    for name, rule in LEAD_RULES:
        bureau = rule(context)
        if bureau is not None:
            return CaseRoute(Assignment(bureau, name), _informed(context, bureau))
    return None


def _informed(context: RoutingContext, lead: str) -> tuple[Assignment, ...]:
    kind = context.kind
    rules: dict[str, str] = {} if kind.city_lead is None else {kind.city_lead: "regular-lead"}
    for informed in kind.informed:
        if informed.when is None:
            rules.setdefault(informed.bureau, "kind-informs")
        elif informed.when in context.conditions:
            rules.setdefault(informed.bureau, f"informed-when-{informed.when.replace('_', '-')}")
    return tuple(Assignment(bureau, rule) for bureau, rule in rules.items() if bureau != lead)
