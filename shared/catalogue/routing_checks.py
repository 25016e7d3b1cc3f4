"""Checks of the routing rules and of the escalation of a city."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from shared.catalogue.document import LocatedEntry, Section, unknown_codes, unknown_name
from shared.catalogue.draft import Draft
from shared.catalogue.issue import CatalogueIssue
from shared.catalogue.routing_file import AREAS, RoutingEntry, WhenEntry

DISTRICTS = "districts.geojson"


def routing_issues(draft: Draft) -> Iterator[CatalogueIssue]:
    """Yield the contradictions of a city's routing rules."""
    found = draft.routing
    if found is None:
        return
    names: set[str] = set()
    for i, rule in enumerate(found.entry.root):
        yield from _routing_condition(found, i, rule.when, draft)
        yield from unknown_codes(found, draft.bureaus, [rule.lead], i, "lead")
        yield from unknown_codes(found, draft.bureaus, rule.inform, i, "inform")
        if rule.rule in names:
            reason = f"two rules have the name {rule.rule}: work orders name the rule, rename one"
            yield found.issue(reason, i, "rule")
        names.add(rule.rule)


def _routing_condition(
    found: LocatedEntry[RoutingEntry], number: int, when: WhenEntry, draft: Draft
) -> Iterator[CatalogueIssue]:
    sections: tuple[tuple[Section[Any], Iterable[str], str], ...] = (
        (draft.services, when.kinds, "kinds"),
        (draft.conditions, when.conditions, "conditions"),
        (draft.fields, when.attributes, "attributes"),
        (draft.owners, when.owner, "owner"),
    )
    for section, codes, key in sections:
        yield from unknown_codes(found, section, codes, number, "when", key)
    names = (
        ("group", when.groups, "groups", _groups(draft), "services/"),
        ("district", when.districts, "districts", _polygons(draft, DISTRICTS), DISTRICTS),
        ("area", when.area, "area", _polygons(draft, AREAS), AREAS),
    )
    for noun, codes, key, known, file in names:
        for code in codes:
            if code not in known and draft.services.is_complete:
                yield found.issue(unknown_name(noun, code, known, file), number, "when", key)


def _groups(draft: Draft) -> Collection[str]:
    return {service.entry.dedup.group or service.code.lower() for service in draft.services}


def _polygons(draft: Draft, file: str) -> Collection[str]:
    path = draft.folder / file
    if not path.exists():
        return ()
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [feature["properties"]["code"] for feature in features]


def escalation_issues(draft: Draft) -> Iterator[CatalogueIssue]:
    """Yield the bureaus that escalate to one that is not declared."""
    for bureau in draft.bureaus:
        yield from unknown_codes(bureau, draft.bureaus, [bureau.entry.escalates_to], "escalates_to")


def forward_issues(draft: Draft) -> Iterator[CatalogueIssue]:
    """Yield the kinds that a bureau forwards and the city does not have."""
    for bureau in draft.bureaus:
        api = bureau.entry.forward.open311 if bureau.entry.forward else None
        for code in api.service_codes if api else ():
            where = ("forward", "open311", "service_codes", code)
            yield from unknown_codes(bureau, draft.services, [code], *where)
