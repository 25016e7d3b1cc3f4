"""Checks entries against each other, within a jurisdiction and between jurisdictions."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from shared.catalogue.answers import ANSWERS, QUESTIONS
from shared.catalogue.danger_words import unknown_conditions
from shared.catalogue.document import LocatedEntry, Section, unknown_codes, unknown_name
from shared.catalogue.draft import COMMON, Draft
from shared.catalogue.issue import CatalogueIssue
from shared.catalogue.judgement import predicted_conditions
from shared.catalogue.names import unknown_names
from shared.catalogue.routing_file import AREAS, RoutingEntry, WhenEntry
from shared.catalogue.service_entries import ServiceEntry
from shared.catalogue.service_type import AGENCY_PREFIX
from shared.text_matching import families_named, fold

_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_LISTS = ("singlevaluelist", "multivaluelist")
_DISTRICTS = "districts.geojson"


def issues_in(drafts: Sequence[Draft]) -> Iterator[CatalogueIssue]:
    """Yield every contradiction within and between jurisdictions."""
    for draft in drafts:
        if head := draft.head:
            yield from unknown_codes(head, draft.services, [head.entry.other], "other")
        for check in (
            _codes,
            _conditions,
            _families,
            _hazard_rules,
            _text_model,
            _fields,
            _dedup_groups,
            _export_types,
            _reasons,
            _owners,
            _routing,
            _escalations,
            _forwards,
            _circumstances,
            _answers,
        ):
            yield from check(draft)
        yield from unknown_names(draft.names, draft.services, draft.headings)
        yield from unknown_conditions(draft.danger_words, draft.conditions)
        yield from _basemap(draft)
        for service in draft.services:
            for check_service in (_responsible, _conditions_of, _attributes, _dedup):
                yield from check_service(service, draft)
    yield from _shared_bureaus(drafts)
    yield from _shared_mail(drafts)


def _codes(draft: Draft) -> Iterator[CatalogueIssue]:
    sections: tuple[Section[Any], ...] = (draft.bureaus, draft.agencies, draft.services)
    for found in chain(*sections):
        if not _CODE.fullmatch(found.code):
            yield found.issue(f"{found.code}: write a code in capitals, digits and hyphens")
    for bureau in draft.bureaus:
        if bureau.code.startswith(AGENCY_PREFIX):
            yield bureau.issue(f"{bureau.code} is outside the city: declare it in agencies.yaml")
    for agency in draft.agencies:
        if not agency.code.startswith(AGENCY_PREFIX):
            yield agency.issue(f"{agency.code}: begin the code of an agency with {AGENCY_PREFIX}")


def _conditions(draft: Draft) -> Iterator[CatalogueIssue]:
    for condition in draft.conditions:
        for field, answers in condition.entry.answers.items():
            yield from unknown_codes(condition, draft.fields, [field], "answers", field)
            values = _values(draft, field)
            for answer in answers if values else ():
                if fold(answer) not in values:
                    reason = f"{answer} is no value of {field}: write one of {', '.join(values)}"
                    yield condition.issue(reason, "answers", field)


def _values(draft: Draft, field: str) -> list[str]:
    """Return the folded values of a question; empty when it takes free text."""
    found = draft.fields.found.get(field)
    if found is None:
        return []
    return ["yes", "no"] if found.entry.type == "yes_no" else [*map(fold, found.entry.values)]


def _families(draft: Draft) -> Iterator[CatalogueIssue]:
    for condition in draft.conditions:
        entry = condition.entry
        for below, phrases in (("phrases", entry.phrases), ("except", entry.exceptions)):
            for language, patterns in (("en", phrases.en), ("es", phrases.es)):
                for i, pattern in enumerate(patterns):
                    names = families_named(pattern)
                    yield from unknown_codes(condition, draft.words, names, below, language, i)


def _hazard_rules(draft: Draft) -> Iterator[CatalogueIssue]:
    of_kinds = {service.entry.emergency for service in draft.services}
    for rule in (*draft.emergencies, *draft.hazards):
        entry = rule.entry
        yield from unknown_codes(rule, draft.conditions, entry.all_of, "all_of")
        yield from unknown_codes(rule, draft.conditions, entry.any_of, "any_of")
        is_named = rule.code in of_kinds or not draft.services.is_complete
        if not entry.all_of and not entry.any_of and not is_named:
            yield rule.issue("this can never match: add all_of or any_of")


def _text_model(draft: Draft) -> Iterator[CatalogueIssue]:
    for code in predicted_conditions(draft.text_model):
        if code not in draft.conditions:
            yield CatalogueIssue(draft.text_model_file, 1, draft.conditions.unknown(code))


def _fields(draft: Draft) -> Iterator[CatalogueIssue]:
    for field in draft.fields:
        if field.entry.type in _LISTS and not field.entry.values:
            yield field.issue("a list of values needs values: add them", "type")
        if field.entry.type not in _LISTS and field.entry.values:
            reason = f"only a list has values: write type: {_LISTS[0]}, or remove the values"
            yield field.issue(reason, "values")


def _dedup_groups(draft: Draft) -> Iterator[CatalogueIssue]:
    used = {service.entry.dedup.group for service in draft.services}
    for group in draft.dedup_groups:
        if group.code not in used and draft.services.is_complete:
            yield group.issue(f"no kind is in the group {group.code}: use it or remove it")
        if group.code in {service.code.lower() for service in draft.services}:
            yield group.issue(f"{group.code} is the default group of a kind: choose another name")


def _export_types(draft: Draft) -> Iterator[CatalogueIssue]:
    owner: dict[str, str] = {}
    for service in draft.services:
        for i, name in enumerate(service.entry.export_types):
            if name in owner:
                reason = f"{owner[name]} has this export type too: keep one of the two"
                yield service.issue(reason, "export_types", i)
            owner.setdefault(name, service.code)


def _shared_bureaus(drafts: Iterable[Draft]) -> Iterator[CatalogueIssue]:
    """Yield bureaus that two cities declare: both would read the same topics."""
    owner: dict[str, str] = {}
    for draft in drafts:
        for bureau in draft.bureaus:
            other = owner.setdefault(bureau.code.lower(), draft.id)
            if other != draft.id:
                reason = f"{other} has a bureau {bureau.code} too: topics need codes of their own"
                yield bureau.issue(reason)


def _shared_mail(drafts: Iterable[Draft]) -> Iterator[CatalogueIssue]:
    owner: dict[str, str] = {}
    for draft in drafts:
        addresses = draft.head.entry.inbound_mail if draft.head else ()
        for i, address in enumerate(addresses):
            other = owner.setdefault(address.lower(), draft.id)
            if other != draft.id and draft.head:
                yield draft.head.issue(f"{other} has {address} too", "inbound_mail", i)


def _reasons(draft: Draft) -> Iterator[CatalogueIssue]:
    known = draft.referral_reasons
    for agency in draft.agencies:
        yield from unknown_codes(agency, known, [agency.entry.reason], "reason")
    for service in draft.services:
        for i, referral in enumerate(service.entry.refer):
            yield from unknown_codes(service, known, [referral.reason], "refer", i, "reason")
    if draft.head is not None:
        for code, entry in draft.head.entry.neighbours.items():
            yield from unknown_codes(
                draft.head, known, [entry.reason], "neighbours", code, "reason"
            )


def _basemap(draft: Draft) -> Iterator[CatalogueIssue]:
    head = draft.head
    name = head.entry.basemap if head else None
    if head and name and "://" not in name and not (draft.folder / name).is_file():
        yield head.issue("names no file of this folder", "basemap")


def _owners(draft: Draft) -> Iterator[CatalogueIssue]:
    for owner in draft.owners:
        entry = owner.entry
        yield from unknown_codes(owner, draft.referral_reasons, [entry.reason], "reason")
        yield from unknown_codes(owner, draft.conditions, entry.when, "when")
        yield from unknown_codes(owner, draft.agencies, [entry.agency], "agency")
        yield from unknown_codes(owner, draft.services, entry.kinds, "kinds")


def _circumstances(draft: Draft) -> Iterator[CatalogueIssue]:
    found = draft.circumstances
    if found is not None:
        places = found.entry.places
        yield from unknown_codes(found, draft.services, places.kinds, "places", "kinds")
        for code, place in places.types.items():
            yield from unknown_codes(
                found, draft.conditions, place.when, "places", "types", code, "when"
            )
        if surprise := found.entry.surprise:
            yield from unknown_codes(found, draft.services, surprise.per_day, "surprise", "per_day")


def _answers(draft: Draft) -> Iterator[CatalogueIssue]:
    found = draft.answers
    if found is None:
        return
    if not (draft.folder.parent / COMMON / QUESTIONS).exists():
        yield found.issue(f"answers need {COMMON}/{QUESTIONS}: add it")
    entry = found.entry
    yield from unknown_codes(found, draft.services, entry.kinds, "kinds")
    yield from unknown_codes(
        found, draft.conditions, entry.allowed_conditions, "allowed_conditions"
    )
    for code, answer in entry.answers.items():
        yield from unknown_codes(found, draft.services, answer.kinds, "answers", code, "kinds")
        for i, other in enumerate(answer.supersedes):
            if other not in entry.answers:
                reason = unknown_name("answer", other, entry.answers, ANSWERS)
                yield found.issue(reason, "answers", code, "supersedes", i)


def _responsible(service: LocatedEntry[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    entry = service.entry
    bureaus: Section[Any] = draft.bureaus
    agencies: Section[Any] = draft.agencies
    is_outside = entry.lead.startswith(AGENCY_PREFIX)
    has_city_lead = not is_outside or any(not informed.when for informed in entry.inform)
    yield from unknown_codes(service, agencies if is_outside else bureaus, [entry.lead], "lead")
    yield from unknown_codes(service, bureaus, [entry.hazard_lead], "hazard_lead")
    if entry.hazard_lead is not None and has_city_lead:
        reason = "the city leads every report of this kind: remove hazard_lead"
        yield service.issue(reason, "hazard_lead")
    for i, informed in enumerate(entry.inform):
        yield from unknown_codes(service, bureaus, [informed.bureau], "inform", i)
    for i, referral in enumerate(entry.refer):
        yield from unknown_codes(service, agencies, [referral.agency], "refer", i)


def _conditions_of(service: LocatedEntry[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    entry, known = service.entry, draft.conditions
    yield from unknown_codes(service, known, entry.hazard.conditions, "hazard")
    yield from unknown_codes(service, known, entry.implies, "implies")
    yield from unknown_codes(service, known, entry.harmless, "harmless")
    for i, informed in enumerate(entry.inform):
        yield from unknown_codes(service, known, informed.when, "inform", i, "when")
    for i, referral in enumerate(entry.refer):
        yield from unknown_codes(service, known, referral.when, "refer", i, "when")
    for i, other in enumerate(entry.alternatives):
        yield from unknown_codes(service, draft.services, [other.kind], "alternatives", i, "kind")
        yield from unknown_codes(service, known, [other.when], "alternatives", i, "when")
        yield from unknown_codes(service, known, other.unless, "alternatives", i, "unless")
    if guess := entry.guess:
        yield from unknown_codes(service, draft.services, [guess.kind], "guess", "kind")
        yield from unknown_codes(service, known, guess.when, "guess", "when")
        yield from unknown_codes(service, known, guess.unless, "guess", "unless")
    yield from unknown_codes(service, draft.emergencies, [entry.emergency], "emergency")


def _attributes(service: LocatedEntry[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    codes = service.entry.attributes
    yield from unknown_codes(service, draft.fields, codes, "attributes")
    for i, code in enumerate(codes):
        if code in codes[:i]:
            yield service.issue(f"{code} is asked twice: keep one of the two", "attributes", i)
    for i, code in enumerate(service.entry.required_attributes):
        if code not in codes:
            reason = f"{code} is not asked: add it to attributes"
            yield service.issue(reason, "required_attributes", i)


def _dedup(service: LocatedEntry[ServiceEntry], draft: Draft) -> Iterator[CatalogueIssue]:
    dedup = service.entry.dedup
    yield from unknown_codes(service, draft.dedup_groups, [dedup.group], "dedup", "group")
    if dedup.window and not dedup.radius and service.entry.needs.location == "required":
        reason = "a window needs a radius over 0, or needs: {location: no}"
        yield service.issue(reason, "dedup", "radius")


def _routing(draft: Draft) -> Iterator[CatalogueIssue]:
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
    groups = {service.entry.dedup.group or service.code.lower() for service in draft.services}
    names = (
        ("group", when.groups, "groups", groups, "services/"),
        ("district", when.districts, "districts", _polygons(draft, _DISTRICTS), _DISTRICTS),
        ("area", when.area, "area", _polygons(draft, AREAS), AREAS),
    )
    for noun, codes, key, known, file in names:
        for code in codes:
            if code not in known and draft.services.is_complete:
                yield found.issue(unknown_name(noun, code, known, file), number, "when", key)


def _polygons(draft: Draft, file: str) -> Collection[str]:
    path = draft.folder / file
    if not path.exists():
        return ()
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [feature["properties"]["code"] for feature in features]


def _escalations(draft: Draft) -> Iterator[CatalogueIssue]:
    for bureau in draft.bureaus:
        yield from unknown_codes(bureau, draft.bureaus, [bureau.entry.escalates_to], "escalates_to")


def _forwards(draft: Draft) -> Iterator[CatalogueIssue]:
    for bureau in draft.bureaus:
        api = bureau.entry.forward.open311 if bureau.entry.forward else None
        for code in api.service_codes if api else ():
            where = ("forward", "open311", "service_codes", code)
            yield from unknown_codes(bureau, draft.services, [code], *where)
