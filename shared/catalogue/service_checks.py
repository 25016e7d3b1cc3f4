"""What a kind names must exist, and its rules must make sense together."""

from collections.abc import Iterable, Iterator

from shared.catalogue.draft import Draft
from shared.catalogue.issues import CatalogueIssue, unknown_name
from shared.catalogue.routing import OUTSIDE_PREFIX
from shared.catalogue.section import Found
from shared.catalogue.service_entry import InformEntry, ReferEntry, ServiceEntry


def service_issues(service: Found[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    """Return all that is wrong with one kind, seen beside the rest of its jurisdiction."""
    yield from _who_acts(service, draft)
    yield from _conditions(service, draft)
    yield from _questions(service, draft)
    yield from _dedup(service, draft)


def _who_acts(service: Found[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    entry = service.entry
    yield from _is_known(service, entry.lead, draft, "lead")
    for i, informed in enumerate(entry.inform):
        yield from _is_bureau(service, informed.bureau, draft, "inform", i)
    for i, referral in enumerate(entry.refer):
        yield from _is_agency(service, referral.agency, draft, "refer", i)
    if entry.after_hours.bureau is not None:
        yield from _is_bureau(service, entry.after_hours.bureau, draft, "after_hours", "bureau")
    if entry.after_hours.agency is not None:
        yield from _is_agency(service, entry.after_hours.agency, draft, "after_hours", "agency")


def _is_known(
    service: Found[ServiceEntry], code: str, draft: Draft, *below: str | int
) -> Iterator[CatalogueIssue]:
    judge = _is_agency if code.startswith(OUTSIDE_PREFIX) else _is_bureau
    return judge(service, code, draft, *below)


def _is_bureau(
    service: Found[ServiceEntry], code: str, draft: Draft, *below: str | int
) -> Iterator[CatalogueIssue]:
    if code not in draft.bureaus:
        reason = unknown_name("bureau", code, draft.bureaus.declared, "bureaus.yaml")
        yield service.fault(reason, *below)


def _is_agency(
    service: Found[ServiceEntry], code: str, draft: Draft, *below: str | int
) -> Iterator[CatalogueIssue]:
    if code not in draft.agencies:
        reason = unknown_name("agency", code, draft.agencies.declared, "agencies.yaml")
        yield service.fault(reason, *below)


def _conditions(service: Found[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    entry = service.entry
    yield from _are_conditions(service, entry.hazard.conditions, draft, "hazard")
    yield from _are_conditions(service, entry.implies, draft, "implies")
    yield from _are_conditions(service, entry.told_by, draft, "told_by")
    yield from _when(service, entry.inform, draft, "inform")
    yield from _when(service, entry.refer, draft, "refer")
    yield from _are_conditions(service, entry.harmless, draft, "harmless")
    yield from _meant(service, draft)
    if entry.emergency is not None and entry.emergency not in draft.emergencies:
        known = draft.emergencies.declared
        reason = unknown_name("emergency", entry.emergency, known, "emergencies.yaml")
        yield service.fault(reason, "emergency")


def _meant(service: Found[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    for i, meant in enumerate(service.entry.meant):
        if meant.kind not in draft.services:
            reason = unknown_name("kind", meant.kind, draft.services.declared, "services/")
            yield service.fault(reason, "meant", i, "kind")
        yield from _are_conditions(service, (meant.when,), draft, "meant", i, "when")
        yield from _are_conditions(service, meant.unless, draft, "meant", i, "unless")


def _when(
    service: Found[ServiceEntry],
    entries: Iterable[InformEntry | ReferEntry],
    draft: Draft,
    below: str,
) -> Iterator[CatalogueIssue]:
    for i, entry in enumerate(entries):
        yield from _are_conditions(service, entry.when, draft, below, i, "when")


def _are_conditions(
    service: Found[ServiceEntry], codes: Iterable[str], draft: Draft, *below: str | int
) -> Iterator[CatalogueIssue]:
    for i, code in enumerate(codes):
        if code not in draft.conditions:
            reason = unknown_name("condition", code, draft.conditions.declared, "conditions.yaml")
            yield service.fault(reason, *below, i)


def _questions(service: Found[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    asks = service.entry.asks
    for i, code in enumerate(asks):
        if code not in draft.fields:
            reason = unknown_name("field", code, draft.fields.declared, "fields.yaml")
            yield service.fault(reason, "asks", i)
        if code in asks[:i]:
            yield service.fault(f"{code} is asked twice: keep one of the two", "asks", i)
    for i, code in enumerate(service.entry.insists_on):
        if code not in asks:
            yield service.fault(f"{code} is not asked: add it to asks", "insists_on", i)


def _dedup(service: Found[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    entry = service.entry
    group = entry.dedup.group
    if group is not None and group not in draft.dedup_groups:
        known = draft.dedup_groups.declared
        reason = unknown_name("dedup group", group, known, "dedup_groups.yaml")
        yield service.fault(reason, "dedup", "group")
    if entry.dedup.window and not entry.dedup.radius and entry.needs.location == "required":
        reason = "a window needs a radius over 0, or needs: {location: no}"
        yield service.fault(reason, "dedup", "radius")
