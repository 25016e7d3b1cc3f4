"""Which bureau leads a case, and which others hear of it, by ordered rules with names.

The name of the rule that chose a bureau stands in its work order.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from shared.catalogue import ServiceType
from shared.vocabulary import URGENT_LEVELS, PriorityLevel


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """What a report is and when it is given out.

    Attributes:
        met: Conditions that the report states.
        is_open: Whether the bureau of this code can be reached now.
    """

    kind: ServiceType
    level: PriorityLevel
    met: Collection[str]
    is_open: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One bureau that gets work, and the rule that says so."""

    bureau: str
    rule: str


@dataclass(frozen=True, slots=True)
class Route:
    """Who gets work on a case; no bureau twice."""

    lead: Assignment
    informed: tuple[Assignment, ...]

    @property
    def all(self) -> tuple[Assignment, ...]:
        """Every bureau, the leading one first."""
        return (self.lead, *self.informed)


LeadRule: TypeAlias = Callable[[RoutingContext], str | None]


def _urgent_desk(situation: RoutingContext) -> str | None:
    """A kind that names a desk for its urgent reports alone sends them there at any hour."""
    desk = situation.kind.after_hours
    if desk.bureau is None or not desk.urgent_only or situation.level not in URGENT_LEVELS:
        return None
    return desk.bureau if situation.is_open(desk.bureau) else None


def _after_hours(situation: RoutingContext) -> str | None:
    """While the lead is closed, the bureau that the kind names instead, if that one is open."""
    instead = situation.kind.after_hours
    lead = situation.kind.city_lead
    if instead.bureau is None or instead.urgent_only or lead is None or situation.is_open(lead):
        return None
    return instead.bureau if situation.is_open(instead.bureau) else None


def _city_part(situation: RoutingContext) -> str | None:
    """Of a problem that an agency outside leads, the city's part."""
    return situation.kind.city_lead if situation.kind.is_outside else None


def _kind(situation: RoutingContext) -> str | None:
    """The bureau that owns problems of this kind."""
    return situation.kind.city_lead


LEAD_RULES: tuple[tuple[str, LeadRule], ...] = (
    ("urgent-to-dispatch-desk", _urgent_desk),
    ("closed-to-after-hours", _after_hours),
    ("outside-lead-city-part", _city_part),
    ("kind-to-lead", _kind),
)


def route(situation: RoutingContext) -> Route | None:
    """Return who gets work; None when the city has no part in problems of this kind.

    The first rule that names a bureau chooses the lead. Informed are, each once, the bureau that
    would lead otherwise and those that the kind names, always or for a condition that is met.
    """
    leads = ((rule(situation), name) for name, rule in LEAD_RULES)
    lead = next((Assignment(bureau, name) for bureau, name in leads if bureau), None)
    return Route(lead, _informed(situation, lead.bureau)) if lead else None


def _informed(situation: RoutingContext, lead: str) -> tuple[Assignment, ...]:
    kind = situation.kind
    named: dict[str, str] = {} if kind.city_lead is None else {kind.city_lead: "regular-lead"}
    for informed in kind.informed:
        if informed.when is None:
            named.setdefault(informed.bureau, "kind-informs")
        elif informed.when in situation.met:
            named.setdefault(informed.bureau, f"informed-when-{informed.when.replace('_', '-')}")
    return tuple(Assignment(bureau, rule) for bureau, rule in named.items() if bureau != lead)
