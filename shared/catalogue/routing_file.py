"""``routing.yaml``: the routing rules of a city, in the order in which they are tried."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, RootModel, model_validator

from shared.catalogue.field_types import Entry, Text, Texts, clock_times, days
from shared.catalogue.routing import HOLIDAY, RoutingCondition, RoutingRule, Window
from shared.text_matching import fold
from shared.vocabulary import DangerClass, PriorityLevel

ROUTING = "routing.yaml"
AREAS = "areas.geojson"
_HOLIDAY = "holiday"
_OFFICE_HOURS: dict[str, bool] = {"office": True, "after_hours": False}


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


def _hours(value: object) -> object:
    """Parse ``office``, ``after_hours``, or times of the day such as ``[22:00-07:00]``."""
    if isinstance(value, str) and value in _OFFICE_HOURS:
        return value
    try:
        return [clock_times(str(one)) for one in _listed(value)]
    except ValueError:
        raise ValueError("write office, after_hours, or times such as [22:00-07:00]") from None


def _days(value: object) -> object:
    spans = (
        range(HOLIDAY, HOLIDAY + 1) if name == _HOLIDAY else days(str(name))
        for name in _listed(value)
    )
    return [day for span in spans for day in span]


_Hours: TypeAlias = Annotated[
    Literal["office", "after_hours"] | tuple[Window, ...], BeforeValidator(_hours)
]
_Levels: TypeAlias = Annotated[tuple[PriorityLevel, ...], BeforeValidator(_listed)]
_Dangers: TypeAlias = Annotated[tuple[DangerClass, ...], BeforeValidator(_listed)]


class WhenEntry(Entry):
    """Fields of ``RoutingCondition``; of a list one value is enough.

    Attributes:
        hours: ``office`` while the kind's own bureau can be reached, ``after_hours`` while it
            cannot, or local times.
        days: Days such as ``mon-fri`` and ``holiday``.
    """

    kinds: Texts = ()
    groups: Texts = ()
    priority: _Levels = ()
    conditions: Texts = ()
    danger: _Dangers = ()
    attributes: dict[str, Texts] = Field(default_factory=dict)
    districts: Texts = ()
    area: Texts = ()
    owner: Texts = ()
    hours: _Hours = ()
    days: Annotated[tuple[int, ...], BeforeValidator(_days)] = ()


class RoutingRuleEntry(Entry):
    """Fields of ``RoutingRule``; ``rule`` is its name."""

    rule: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    when: WhenEntry
    lead: Text | None = None
    inform: Texts = ()
    note: Text | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.lead is None and not self.inform and self.note is None:
            raise ValueError("add a lead, a bureau to inform, or a note")
        return self


class RoutingEntry(RootModel[tuple[RoutingRuleEntry, ...]]):
    """The rules in order."""


def build_rules(entry: RoutingEntry) -> tuple[RoutingRule, ...]:
    """Return the rules of a file."""
    return tuple(
        RoutingRule(rule.rule, _condition(rule.when), rule.lead, rule.inform, rule.note)
        for rule in entry.root
    )


def _condition(entry: WhenEntry) -> RoutingCondition:
    return RoutingCondition(
        kinds=frozenset(entry.kinds),
        groups=frozenset(entry.groups),
        priority=frozenset(entry.priority),
        conditions=frozenset(entry.conditions),
        dangers=frozenset(entry.danger),
        attributes={code: frozenset(map(fold, each)) for code, each in entry.attributes.items()},
        districts=frozenset(entry.districts),
        areas=frozenset(entry.area),
        owners=frozenset(entry.owner),
        lead_is_open=_OFFICE_HOURS[entry.hours] if isinstance(entry.hours, str) else None,
        windows=() if isinstance(entry.hours, str) else entry.hours,
        days=frozenset(entry.days),
    )
