"""Faults of routing that no single file shows, with their remedies."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, product

from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.routing import RoutingContext, matching, route
from shared.catalogue import Jurisdiction, RoutingRule, ServiceType
from shared.vocabulary import MIN_SCORE, DangerClass

# Begin of a week with Thanksgiving, a holiday in every state.
_MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
_MOMENTS = [_MONDAY + timedelta(minutes=30 * number) for number in range(7 * 48)]


@dataclass(frozen=True, slots=True)
class RoutingIssue:
    """One fault of a rule, kind or bureau, with its remedy."""

    code: str
    subject: str
    text: str


def issues_of(city: Jurisdiction, policy: DispatchPolicy) -> list[RoutingIssue]:
    """Return every fault in the routing of a city."""
    found = (
        _unreachable_rules(city, policy),
        _kinds_without_lead(city),
        _waiting_for_a_closed_bureau(city, policy),
        _bureaus_without_work(city),
        _escalation_loops(city),
    )
    return list(chain.from_iterable(found))


def _unreachable_rules(city: Jurisdiction, policy: DispatchPolicy) -> Iterator[RoutingIssue]:
    """Yield the rules that never choose a lead, or match nothing where they choose none."""
    for rule in city.routing:
        if not any(
            _takes_effect(rule, context, city) for context in _witnesses(rule, city, policy)
        ):
            text = "unreachable: earlier rules match first, or its conditions exclude each other"
            yield RoutingIssue("unreachable_rule", rule.name, f"{rule.name}: {text}")


def _takes_effect(rule: RoutingRule, context: RoutingContext, city: Jurisdiction) -> bool:
    matched = matching(city.routing, context)
    if rule.lead is None:
        return rule in matched
    return next((one for one in matched if one.lead is not None), None) is rule


def _witnesses(
    rule: RoutingRule, city: Jurisdiction, policy: DispatchPolicy
) -> Iterator[RoutingContext]:
    """Yield reports that just meet a rule's conditions, every half hour."""
    when = rule.when
    kinds = [kind for kind in city.services.values() if kind.code in (when.kinds or {kind.code})]
    facts = product(
        kinds,
        [level for level in MIN_SCORE if not when.priority or level in when.priority],
        _each_alone(when.conditions),
        _each_danger(when.dangers),
        _each(when.districts),
        _each_alone(when.areas),
        _each(when.owners),
    )
    attributes = {code: min(values) for code, values in when.attributes.items()}
    for kind, level, conditions, dangers, district, areas, owner in facts:
        for moment in _MOMENTS:
            context = policy.routing_context(
                city, kind, level, moment, conditions=conditions, dangers=dangers
            )
            yield replace(
                context, attributes=attributes, district=district, areas=areas, owner=owner
            )


def _each(values: Collection[str]) -> list[str | None]:
    return [*sorted(values)] or [None]


def _each_alone(values: Collection[str]) -> list[frozenset[str]]:
    return [frozenset({value}) for value in sorted(values)] or [frozenset()]


def _each_danger(dangers: Collection[DangerClass]) -> list[tuple[DangerClass, ...]]:
    return [(danger,) for danger in sorted(dangers)] or [()]


def _kinds_without_lead(city: Jurisdiction) -> Iterator[RoutingIssue]:
    for kind in city.services.values():
        if kind.city_lead is None and kind.hazard_lead is None:
            text = "no bureau of the city acts on a hazard of this kind: give it a hazard_lead"
            yield RoutingIssue("no_lead", kind.code, f"{kind.code}: {text}")


def _waiting_for_a_closed_bureau(
    city: Jurisdiction, policy: DispatchPolicy
) -> Iterator[RoutingIssue]:
    """Yield the kinds whose most urgent reports wait in a closed office at some hour."""
    for kind in city.services.values():
        late = _first_closed(kind, city, policy)
        if late is not None:
            bureau, local = late
            text = f"a P1 waits for {bureau}, which is closed {local:%A %H:%M}: add a rule for then"
            yield RoutingIssue("closed_lead", kind.code, f"{kind.code}: {text}")


def _first_closed(
    kind: ServiceType, city: Jurisdiction, policy: DispatchPolicy
) -> tuple[str, datetime] | None:
    """Return the unreachable lead of a P1 report, and its first local time."""
    for moment in _MOMENTS:
        context = policy.routing_context(city, kind, "P1", moment)
        found = route(context, city.routing)
        if found is not None and not context.is_open(found.lead.bureau):
            return found.lead.bureau, context.local_time
    return None


def _bureaus_without_work(city: Jurisdiction) -> Iterator[RoutingIssue]:
    kinds = city.services.values()
    reached = {
        *(code for kind in kinds for code in (kind.city_lead, kind.hazard_lead)),
        *(informed.bureau for kind in kinds for informed in kind.informed),
        *(code for rule in city.routing for code in (rule.lead, *rule.inform)),
        *(bureau.escalates_to for bureau in city.bureaus.values()),
    }
    for code in city.bureaus:
        if code not in reached:
            text = "no kind, rule or escalation leads to this bureau: name it, or remove it"
            yield RoutingIssue("unreachable_bureau", code, f"{code}: {text}")


def _escalation_loops(city: Jurisdiction) -> Iterator[RoutingIssue]:
    reported: set[str] = set()
    for start in city.bureaus:
        chain_of: list[str] = [start]
        while (following := city.bureaus[chain_of[-1]].escalates_to) is not None:
            if following in chain_of:
                loop = chain_of[chain_of.index(following) :]
                if reported.isdisjoint(loop):
                    text = f"{' → '.join([*loop, following])}: remove one of these escalations"
                    yield RoutingIssue("escalation_loop", loop[0], text)
                reported.update(loop)
                break
            chain_of.append(following)
