"""Routing: ordered, named rules that choose the lead bureau of a case and the informed ones.

The name of the rule that chose a bureau is the ``route_rule`` of its work order.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from services.dispatch.rules.case import Case
from shared.catalogue import HOLIDAY, RoutingCondition, RoutingRule, ServiceType, Window
from shared.text_matching import fold
from shared.vocabulary import PriorityLevel, WorkOrderStatus

# The rule by which a report without a place goes to the desk.
NO_PLACE_TO_DESK = "no-place-to-desk"


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """Facts about a report that routing depends on."""

    kind: ServiceType
    level: PriorityLevel
    conditions: Collection[str]
    is_open: Callable[[str], bool]  # returns True when the bureau of a code is open now
    local_time: datetime
    is_holiday: bool = False
    # The bureau that finds out the place; None where that is known or not needed.
    desk: str | None = None
    dangers: Collection[str] = ()
    attributes: Mapping[str, object] = field(default_factory=dict)
    district: str | None = None
    areas: Collection[str] = ()  # polygons of the rules that it lies in
    owner: str | None = None  # owner of the land, by its code in the catalogue; None for the city

    @property
    def kind_lead(self) -> str | None:
        """The bureau of the kind's own entry; None where the city has no part in the kind."""
        return self.kind.city_lead or self.kind.hazard_lead


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
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Assignment, ...]:
        """Every bureau, the lead first."""
        return (self.lead, *self.informed)


def unmet(rule: RoutingRule, context: RoutingContext) -> Iterator[str]:
    """Yield the keys of a rule's ``when`` that a report does not meet; none when it matches."""
    for key, meets in _TESTS.items():
        if not meets(rule.when, context):
            yield key


def matching(rules: Sequence[RoutingRule], context: RoutingContext) -> list[RoutingRule]:
    """Return the rules that match a report, in their order; most are for other kinds."""
    code, group = context.kind.code, context.kind.dedup.group
    of_kind = [
        rule for rule in rules if _has(rule.when.kinds, code) and _has(rule.when.groups, group)
    ]
    return [rule for rule in of_kind if next(unmet(rule, context), None) is None]


def route(context: RoutingContext, rules: Sequence[RoutingRule] = ()) -> CaseRoute | None:
    """Return the route of a report; None when the city has no part in problems of its kind.

    A report without a place goes to the desk. Otherwise the first matching rule with a lead chooses
    it, and without one the kind's own entry does. Triage decides which reports open a case, so a
    hazard keeps its lead when an operator lowers its priority.

    Informed are, each once, the bureaus that would lead otherwise, those that any matching rule
    names, and those that the kind names unconditionally or for a condition that the report meets.
    """
    matched = matching(rules, context)
    leads = list(_leads(matched, context))
    if not leads:
        return None
    notes = dict.fromkeys(rule.note for rule in matched if rule.note is not None)
    return CaseRoute(leads[0], tuple(_informed(leads, matched, context)), tuple(notes))


def _leads(matched: Sequence[RoutingRule], context: RoutingContext) -> Iterator[Assignment]:
    """Yield the lead, followed by the bureaus that would lead otherwise."""
    kind = context.kind
    if context.desk is not None:
        yield Assignment(context.desk, NO_PLACE_TO_DESK)
    first = next((rule for rule in matched if rule.lead is not None), None)
    if first is not None and first.lead is not None:
        yield Assignment(first.lead, first.name)
    if kind.city_lead is not None:
        rule = "outside-lead-city-part" if kind.is_outside else "kind-to-lead"
        yield Assignment(kind.city_lead, rule)
    elif kind.hazard_lead is not None:
        yield Assignment(kind.hazard_lead, "hazard-to-city")


def _informed(
    leads: Sequence[Assignment], matched: Sequence[RoutingRule], context: RoutingContext
) -> Iterator[Assignment]:
    """Yield the informed bureaus, each once, with the first rule that names it."""
    informed, regular = {leads[0].bureau}, context.kind.city_lead
    for assignment in (
        *(
            Assignment(one.bureau, "regular-lead" if one.bureau == regular else one.rule)
            for one in leads[1:]
        ),
        *(Assignment(bureau, rule.name) for rule in matched for bureau in rule.inform),
        *_informed_by_kind(context),
    ):
        if assignment.bureau not in informed:
            informed.add(assignment.bureau)
            yield assignment


def _informed_by_kind(context: RoutingContext) -> Iterator[Assignment]:
    for informed in context.kind.informed:
        if informed.when is None:
            yield Assignment(informed.bureau, "kind-informs")
        elif informed.when in context.conditions:
            yield Assignment(informed.bureau, f"informed-when-{informed.when.replace('_', '-')}")


def _has(wanted: Collection[str], value: str | None) -> bool:
    return not wanted or value in wanted


def _meets(wanted: AbstractSet[str], values: Collection[str]) -> bool:
    return not wanted or not wanted.isdisjoint(values)


def _answers(wanted: Mapping[str, frozenset[str]], given: Mapping[str, object]) -> bool:
    return all(
        any(fold(str(one)) in values for one in _each(given.get(code)))
        for code, values in wanted.items()
    )


def _each(answer: object) -> Sequence[object]:
    if answer is None:
        return ()
    return answer if isinstance(answer, list | tuple) else (answer,)


def _at_hours(when: RoutingCondition, report: RoutingContext) -> bool:
    if when.lead_is_open is not None:
        lead = report.kind_lead
        return lead is not None and report.is_open(lead) == when.lead_is_open
    return not when.windows or any(_within(window, report.local_time) for window in when.windows)


def _within(window: Window, local: datetime) -> bool:
    begins, ends = window
    at = local.time()
    return begins <= at < ends if begins < ends else at >= begins or at < ends


def _on_days(when: RoutingCondition, report: RoutingContext) -> bool:
    if not when.days or report.local_time.weekday() in when.days:
        return True
    return report.is_holiday and HOLIDAY in when.days


_Test: TypeAlias = Callable[[RoutingCondition, RoutingContext], bool]

# By the key of `when`: True where a report has what the rule asks for.
_TESTS: Mapping[str, _Test] = {
    "kinds": lambda when, report: _has(when.kinds, report.kind.code),
    "groups": lambda when, report: _has(when.groups, report.kind.dedup.group),
    "priority": lambda when, report: _has(when.priority, report.level),
    "conditions": lambda when, report: _meets(when.conditions, report.conditions),
    "danger": lambda when, report: _meets(when.dangers, report.dangers),
    "attributes": lambda when, report: _answers(when.attributes, report.attributes),
    "districts": lambda when, report: _has(when.districts, report.district),
    "area": lambda when, report: _meets(when.areas, report.areas),
    "owner": lambda when, report: _has(when.owners, report.owner),
    "hours": _at_hours,
    "days": _on_days,
}


_GIVEN_AWAY: frozenset[WorkOrderStatus] = frozenset({"declined", "transferred"})


def next_lead(case: Case, candidates: Iterable[str | None], desk: str | None) -> str | None:
    """Return the first candidate to lead a case that its lead declined; None when none is left.

    A bureau that gave work on the case away does not get it back, so no case goes round in circles:
    each decline leaves fewer bureaus, and the desk is the last. What the desk declines is final.
    """
    lead = case.lead_bureau
    if lead == desk:
        return None
    declined = {order.bureau for order in case.orders if order.status in _GIVEN_AWAY} | {lead}
    return next((code for code in candidates if code and code not in declined), desk)
