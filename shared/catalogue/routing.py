"""Routing rules of a city, ordered and named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import TypeAlias

from shared.vocabulary import DangerClass

HOLIDAY = 7  # number of a public holiday beside those of the days, from 0 for Monday

# From the first, inclusive, to the second, exclusive; over midnight where the second is lower.
Window: TypeAlias = tuple[time, time]


@dataclass(frozen=True, slots=True)
class RoutingCondition:
    """Facts about a report that a rule requires: each non-empty field must match by one value.

    Attributes:
        dangers: Classes of danger that triage found in the report.
        attributes: Folded answers by the code of the question.
        areas: Polygons of ``areas.geojson``.
        owners: Owners of the land, by their code in ``owners.yaml``.
        lead_is_open: Whether the bureau of the kind's own entry can be reached; None for either.
        windows: Local times of the day.
        days: Local days from 0 for Monday, and ``HOLIDAY``; a holiday is its weekday as well.
    """

    kinds: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    priority: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    dangers: frozenset[DangerClass] = frozenset()
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    districts: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    lead_is_open: bool | None = None
    windows: tuple[Window, ...] = ()
    days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """One rule: of those that match, the first with a lead chooses it, and all of them inform.

    Attributes:
        name: The ``route_rule`` of its work orders.
        lead: Bureau that leads the case; None for a rule that only informs or remarks.
    """

    name: str
    when: RoutingCondition
    lead: str | None = None
    inform: tuple[str, ...] = ()
    note: str | None = None
