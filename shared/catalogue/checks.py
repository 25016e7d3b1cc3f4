"""What must agree between the entries of a jurisdiction, and between jurisdictions."""

import re
from collections.abc import Iterable, Iterator, Sequence

from shared.catalogue.draft import Draft
from shared.catalogue.issues import CatalogueIssue, unknown_name
from shared.catalogue.routing import OUTSIDE_PREFIX
from shared.catalogue.section import E, Found
from shared.catalogue.service_checks import service_issues
from shared.text_matching import families_named, fold

_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_LISTS = ("singlevaluelist", "multivaluelist")


def issues_in(drafts: Sequence[Draft]) -> list[CatalogueIssue]:
    """Return all that does not agree, within each jurisdiction and between them."""
    return [
        *(fault for draft in drafts for fault in _faults_of_draft(draft)),
        *_shared_bureaus(drafts),
    ]


def _faults_of_draft(draft: Draft) -> Iterator[CatalogueIssue]:
    yield from _head(draft)
    yield from _codes(draft)
    yield from _conditions(draft)
    yield from _families(draft)
    yield from _perils(draft)
    yield from _fields(draft)
    yield from _dedup_groups(draft)
    yield from _export_types(draft)
    yield from referral_issues(draft)
    for service in draft.services:
        yield from service_issues(service, draft)


def _head(draft: Draft) -> Iterator[CatalogueIssue]:
    if draft.head is not None and draft.head.entry.other not in draft.services:
        known = draft.services.declared
        yield draft.head.fault(
            unknown_name("kind", draft.head.entry.other, known, "services/"), "other"
        )


def _codes(draft: Draft) -> Iterator[CatalogueIssue]:
    for section in (draft.bureaus, draft.agencies, draft.services):
        for found in section:
            if not _CODE.fullmatch(found.code):
                yield found.fault(f"{found.code}: write a code in capitals, digits and hyphens")
    for bureau in draft.bureaus:
        if bureau.code.startswith(OUTSIDE_PREFIX):
            yield bureau.fault(f"{bureau.code} is outside the city: declare it in agencies.yaml")
    for agency in draft.agencies:
        if not agency.code.startswith(OUTSIDE_PREFIX):
            yield agency.fault(f"{agency.code}: begin the code of an agency with {OUTSIDE_PREFIX}")


def _conditions(draft: Draft) -> Iterator[CatalogueIssue]:
    for condition in draft.conditions:
        for field, answers in condition.entry.answers.items():
            below = ("answers", field)
            if field not in draft.fields:
                known = draft.fields.declared
                yield condition.fault(unknown_name("field", field, known, "fields.yaml"), *below)
                continue
            values = _values(draft, field)
            for answer in answers if values else ():
                if fold(answer) not in values:
                    reason = f"{answer} is no value of {field}: write one of {', '.join(values)}"
                    yield condition.fault(reason, *below)


def _families(draft: Draft) -> Iterator[CatalogueIssue]:
    """Yield a fault for each wording with a family of words that nobody declared."""
    for condition in draft.conditions:
        entry = condition.entry
        for below, both in (("phrases", entry.phrases), ("except", entry.exceptions)):
            for language, wordings in (("en", both.en), ("es", both.es)):
                for i, wording in enumerate(wordings):
                    for name in families_named(wording):
                        if name not in draft.words:
                            known = draft.words.declared
                            reason = unknown_name("family of words", name, known, "words.yaml")
                            yield condition.fault(reason, below, language, i)


def _values(draft: Draft, field: str) -> list[str]:
    found = draft.fields.found.get(field)
    if found is None:
        return []
    return ["yes", "no"] if found.entry.type == "yes_no" else [*map(fold, found.entry.values)]


def _perils(draft: Draft) -> Iterator[CatalogueIssue]:
    kinds = {service.entry.emergency for service in draft.services}
    for peril in (*draft.emergencies, *draft.hazards):
        entry = peril.entry
        for name, codes in (("all_of", entry.all_of), ("any_of", entry.any_of)):
            for i, code in enumerate(codes):
                if code not in draft.conditions:
                    known = draft.conditions.declared
                    reason = unknown_name("condition", code, known, "conditions.yaml")
                    yield peril.fault(reason, name, i)
        is_named = peril.code in kinds or not draft.services.is_complete
        if not entry.all_of and not entry.any_of and not is_named:
            yield peril.fault("nothing can bring this about: give it all_of or any_of")


def _fields(draft: Draft) -> Iterator[CatalogueIssue]:
    for field in draft.fields:
        if field.entry.type in _LISTS and not field.entry.values:
            yield field.fault("a list of values needs values: add them", "type")
        if field.entry.type not in _LISTS and field.entry.values:
            reason = f"only a list has values: write type: {_LISTS[0]}, or remove the values"
            yield field.fault(reason, "values")


def _dedup_groups(draft: Draft) -> Iterator[CatalogueIssue]:
    used = {service.entry.dedup.group for service in draft.services}
    for group in draft.dedup_groups:
        if group.code not in used and draft.services.is_complete:
            yield group.fault(f"no kind is in the group {group.code}: use it or remove it")
        if group.code in {service.code.lower() for service in draft.services}:
            yield group.fault(f"{group.code} is the own group of a kind: choose another name")


def _export_types(draft: Draft) -> Iterator[CatalogueIssue]:
    owner: dict[str, str] = {}
    for service in draft.services:
        for i, name in enumerate(service.entry.export_types):
            if name in owner:
                reason = f"{owner[name]} has this export type too: keep one of the two"
                yield service.fault(reason, "export_types", i)
            owner.setdefault(name, service.code)


def _shared_bureaus(drafts: Iterable[Draft]) -> Iterator[CatalogueIssue]:
    """Two bureaus with one code would read each other's topics."""
    owner: dict[str, str] = {}
    for draft in drafts:
        for bureau in draft.bureaus:
            other = owner.setdefault(bureau.code.lower(), draft.id)
            if other != draft.id:
                reason = f"{other} has a bureau {bureau.code} too: topics need codes of their own"
                yield bureau.fault(reason)


def referral_issues(draft: Draft) -> Iterator[CatalogueIssue]:
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


def _owners(draft: Draft) -> Iterator[CatalogueIssue]:
    for owner in draft.owners:
        entry = owner.entry
        yield from _reason(owner, entry.reason, draft, "reason")
        for i, code in enumerate(entry.when):
            if code not in draft.conditions:
                known = draft.conditions.declared
                reason = unknown_name("condition", code, known, "conditions.yaml")
                yield owner.fault(reason, "when", i)
        if entry.agency not in draft.agencies:
            known = draft.agencies.declared
            yield owner.fault(
                unknown_name("agency", entry.agency, known, "agencies.yaml"), "agency"
            )
        for i, kind in enumerate(entry.kinds):
            if kind not in draft.services:
                known = draft.services.declared
                yield owner.fault(unknown_name("kind", kind, known, "services/"), "kinds", i)


def _reason(
    found: Found[E], reason: str | None, draft: Draft, *below: str | int
) -> Iterator[CatalogueIssue]:
    if reason is not None and reason not in draft.referral_reasons:
        known = draft.referral_reasons.declared
        yield found.fault(unknown_name("reason", reason, known, "referral_reasons.yaml"), *below)
