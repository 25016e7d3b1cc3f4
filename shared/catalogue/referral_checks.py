"""Whoever must act outside the city must be known, and the reason why as well."""

from collections.abc import Iterator

from shared.catalogue.draft import Draft
from shared.catalogue.faults import Fault
from shared.catalogue.names import unknown
from shared.catalogue.section import E, Found


def faults_of_referrals(draft: Draft) -> Iterator[Fault]:
    """Return what is wrong with the reasons of a jurisdiction's referrals and with its owners."""
    for agency in draft.agencies:
        yield from _reason(agency, agency.entry.reason, draft, "reason")
    for service in draft.services:
        for i, referral in enumerate(service.entry.refer):
            yield from _reason(service, referral.reason, draft, "refer", i, "reason")
    if draft.head is not None:
        for code, entry in draft.head.entry.neighbours.items():
            yield from _reason(draft.head, entry.reason, draft, "neighbours", code, "reason")
    yield from _owners(draft)


def _owners(draft: Draft) -> Iterator[Fault]:
    for owner in draft.owners:
        entry = owner.entry
        yield from _reason(owner, entry.reason, draft, "reason")
        for i, code in enumerate(entry.when):
            if code not in draft.conditions:
                known = draft.conditions.declared
                reason = unknown("condition", code, known, "conditions.yaml")
                yield owner.fault(reason, "when", i)
        if entry.agency not in draft.agencies:
            known = draft.agencies.declared
            yield owner.fault(unknown("agency", entry.agency, known, "agencies.yaml"), "agency")
        for i, kind in enumerate(entry.kinds):
            if kind not in draft.services:
                known = draft.services.declared
                yield owner.fault(unknown("kind", kind, known, "services/"), "kinds", i)


def _reason(
    found: Found[E], reason: str | None, draft: Draft, *below: str | int
) -> Iterator[Fault]:
    if reason is not None and reason not in draft.referral_reasons:
        known = draft.referral_reasons.declared
        yield found.fault(unknown("reason", reason, known, "referral_reasons.yaml"), *below)
