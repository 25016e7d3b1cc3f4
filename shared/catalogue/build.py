"""Makes a jurisdiction out of the checked entries of its files."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from shared.catalogue.answers import read_answers
from shared.catalogue.build_service import service_type
from shared.catalogue.condition import YES, Condition, HazardRule, Phrases, telling
from shared.catalogue.draft import Draft
from shared.catalogue.entries import (
    AgencyEntry,
    BureauEntry,
    ConditionEntry,
    HintsEntry,
    JurisdictionEntry,
    PerilEntry,
    PhrasesEntry,
)
from shared.catalogue.jurisdiction import (
    NEIGHBOUR_CITY,
    Agency,
    Bureau,
    Jurisdiction,
    Owner,
)
from shared.catalogue.local_text import LocalText
from shared.catalogue.section import Found
from shared.catalogue.service_type import ServiceType
from shared.text_matching import FeatureWeights, Spans, expand_families, fold
from shared.vocabulary import GeoPoint


def jurisdiction(draft: Draft, head: JurisdictionEntry) -> Jurisdiction:
    """Return the jurisdiction that a draft without faults describes."""
    services = {service.code: service_type(service, draft) for service in draft.services}
    conditions = {c.code: condition(c.code, c.entry, draft) for c in draft.conditions}
    emergencies, hazards = _perils(draft.emergencies), _perils(draft.hazards)
    spans = _spans(conditions.values())
    return Jurisdiction(
        id=draft.id,
        name=head.name,
        timezone=head.timezone,
        languages=head.languages,
        holidays_country=head.holidays.country,
        holidays_subdivision=head.holidays.subdivision,
        phone=head.phone,
        other_code=head.other,
        services=MappingProxyType(services),
        dedup_groups=MappingProxyType(_dedup_groups(services)),
        bureaus=MappingProxyType({b.code: bureau(b.code, b.entry, head) for b in draft.bureaus}),
        agencies=MappingProxyType({a.code: agency(a.code, a.entry) for a in draft.agencies}),
        neighbours=MappingProxyType({c: neighbour(c, a) for c, a in head.neighbours.items()}),
        owners=tuple(
            Owner(frozenset(o.when), o.agency, o.reason, frozenset(o.kinds))
            for o in (found.entry for found in draft.owners)
        ),
        referral_reasons=MappingProxyType(
            {r.code: LocalText(r.entry.en, r.entry.es) for r in draft.referral_reasons}
        ),
        answers=MappingProxyType(_answers(draft)),
        conditions=MappingProxyType(conditions),
        emergencies=emergencies,
        hazards=hazards,
        implied_kinds=MappingProxyType(_told_by(draft)),
        default_points=tuple(GeoPoint(p.latitude, p.longitude) for p in head.default_points),
        export_types=MappingProxyType(
            {name: s.code for s in draft.services for name in s.entry.export_types}
        ),
        spans=spans,
        kin_of_hints=MappingProxyType(_kin_of_hints(conditions, emergencies, hazards, spans)),
        folder=draft.folder,
    )


def _answers(draft: Draft) -> dict[str, LocalText]:
    known = read_answers(draft.folder)
    return {answer.code: answer.text for answer in known.by_code.values()} if known else {}


def _spans(conditions: Collection[Condition]) -> Spans:
    return Spans(
        ending=frozenset(c.code for c in conditions if c.ends),
        lasting=frozenset(c.code for c in conditions if c.lasts),
        past=frozenset(c.code for c in conditions if c.past),
        supposed=frozenset(c.code for c in conditions if c.supposes),
        events=frozenset(c.code for c in conditions if c.event),
    )


def bureau(code: str, entry: BureauEntry, head: JurisdictionEntry) -> Bureau:
    """Return a bureau; one without hours of its own keeps the city's office hours."""
    return Bureau(code, entry.name, entry.phone, entry.hours or head.office_hours)


def agency(code: str, entry: AgencyEntry) -> Agency:
    """Return an agency outside the city."""
    return Agency(code, entry.name, entry.phone, entry.url, entry.hours, entry.reason)


def neighbour(code: str, entry: AgencyEntry) -> Agency:
    """Return who answers for a place outside the city's limits."""
    return replace(agency(code, entry), reason=entry.reason or NEIGHBOUR_CITY)


def condition(code: str, entry: ConditionEntry, draft: Draft) -> Condition:
    """Return a condition; a field of the condition's own name always states it by a yes."""
    answers = {field: frozenset(map(fold, values)) for field, values in entry.answers.items()}
    answers.setdefault(code, frozenset({YES}))
    return Condition(
        code,
        LocalText(entry.name.en, entry.name.es),
        MappingProxyType(answers),
        _phrases(entry.phrases, draft),
        _phrases(entry.exceptions, draft),
        tuple(map(_hints, entry.hints.values())),
        entry.ends,
        entry.lasts,
        entry.past,
        entry.supposes,
        entry.event,
    )


def _phrases(entry: PhrasesEntry, draft: Draft) -> Phrases:
    families = [(family.code, family.entry) for family in draft.words]
    english = {code: family.en for code, family in families}
    spanish = {code: family.es for code, family in families}
    return Phrases(
        tuple(expand_families(wording, english) for wording in entry.en),
        tuple(expand_families(wording, spanish) for wording in entry.es),
    )


def _kin_of_hints(
    conditions: Mapping[str, Condition],
    emergencies: Collection[HazardRule],
    hazards: Collection[HazardRule],
    spans: Spans,
) -> dict[str, frozenset[str]]:
    dangers = telling(emergencies)
    alike = (dangers | spans.past | spans.supposed, telling(hazards) - dangers)
    return {
        code: frozenset(other for all_ in alike if code in all_ for other in all_ - {code})
        for code, condition in conditions.items()
        if condition.hints
    }


def _hints(entry: HintsEntry) -> FeatureWeights:
    by_hint = {hint: points for points, hints in entry.points.items() for hint in hints}
    return FeatureWeights(entry.start, MappingProxyType(by_hint), entry.against)


def _perils(section: Iterable[Found[PerilEntry]]) -> tuple[HazardRule, ...]:
    return tuple(
        HazardRule(
            found.code,
            LocalText(found.entry.name.en, found.entry.name.es),
            found.entry.all_of,
            found.entry.any_of,
        )
        for found in section
    )


def _told_by(draft: Draft) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for service in draft.services:
        for condition_code in service.entry.told_by:
            kinds[condition_code] = (*kinds.get(condition_code, ()), service.code)
    return kinds


def _dedup_groups(services: dict[str, ServiceType]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for service in services.values():
        groups[service.dedup.group] = (*groups.get(service.dedup.group, ()), service.code)
    return groups
