"""Builds jurisdictions from checked drafts, or reports all issues of the YAML files."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from shared.catalogue.agencies import Bureau, ExternalAgency, Owner
from shared.catalogue.answers import build_faq
from shared.catalogue.checks import issues_in
from shared.catalogue.circumstances import build_circumstances
from shared.catalogue.city_pages import CityPages, CityPagesEntry
from shared.catalogue.condition import YES, Condition, HazardRule, trigger_conditions
from shared.catalogue.danger_words import stem_entries
from shared.catalogue.document import LocatedEntry
from shared.catalogue.draft import HEAD, Draft, heading_of, read_drafts
from shared.catalogue.entries import (
    AgencyEntry,
    BureauEntry,
    ConditionEntry,
    HazardRuleEntry,
    JurisdictionEntry,
)
from shared.catalogue.evidence_file import build_evidence
from shared.catalogue.field_types import LocalTextEntry, PhrasesEntry
from shared.catalogue.forwarding import build_forward
from shared.catalogue.issue import CatalogueError, CatalogueIssue
from shared.catalogue.judgement import predicted_conditions
from shared.catalogue.jurisdiction import NEIGHBOUR_CITY, Catalogue, Jurisdiction
from shared.catalogue.names import named
from shared.catalogue.routing_file import build_rules
from shared.catalogue.service_entries import GuessEntry, NeedsEntry, ServiceEntry
from shared.catalogue.service_type import (
    AGENCY_911,
    AlternativeKind,
    Attribute,
    Dedup,
    Guess,
    InformRule,
    Needs,
    Provenance,
    ReferralRule,
    ServiceType,
)
from shared.catalogue.surges import SurgesEntry, build_surges
from shared.catalogue.texts import LocalText, Phrases
from shared.text_matching import PhraseRoles, TrainedModel, expand_families, fold
from shared.vocabulary import GeoPoint

_HOUR = timedelta(hours=1)
_YES_OR_NO = (("yes", LocalText("Yes", "Sí")), ("no", LocalText("No", "No")))
_OPTIONAL_NEEDS = ("address", "contact", "description", "photo")


def read_catalogue(root: Path, version: str) -> Catalogue:
    """Read every jurisdiction below a folder; CatalogueError lists all issues of the files."""
    drafts, issues = read_drafts(root)
    if not drafts:
        reason = f"no folder in {root.name} holds a {HEAD}: add one"
        raise CatalogueError([CatalogueIssue(HEAD, 1, reason)])
    issues += issues_in(drafts)
    if issues:
        raise CatalogueError(sorted(set(issues)))
    cities = {d.id: build_jurisdiction(d, d.head.entry) for d in drafts if d.head}
    return Catalogue(version=version, jurisdictions=MappingProxyType(cities))


def build_jurisdiction(draft: Draft, head: JurisdictionEntry) -> Jurisdiction:
    """Return the jurisdiction that a draft without issues describes."""
    services = {service.code: _service_type(service, draft) for service in draft.services}
    conditions = {c.code: _condition(c.code, c.entry, draft) for c in draft.conditions}
    emergencies, hazards = _hazard_rules(draft.emergencies), _hazard_rules(draft.hazards)
    questions, answers = draft.questions, draft.answers
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
        dedup_groups=_grouped((s.dedup.group, s.code) for s in services.values()),
        bureaus=MappingProxyType({b.code: _bureau(b.code, b.entry, head) for b in draft.bureaus}),
        agencies=MappingProxyType({a.code: _agency(a.code, a.entry) for a in draft.agencies}),
        basemap=head.basemap,
        neighbours=MappingProxyType(
            {
                code: replace(
                    _agency(code, entry),
                    reason=entry.reason or NEIGHBOUR_CITY,
                    called=entry.called,
                )
                for code, entry in head.neighbours.items()
            }
        ),
        owners=tuple(
            Owner(found.code, frozenset(o.when), o.agency, o.reason, frozenset(o.kinds))
            for found in draft.owners
            for o in [found.entry]
        ),
        referral_reasons=MappingProxyType({r.code: _text(r.entry) for r in draft.referral_reasons}),
        conditions=MappingProxyType(conditions),
        emergencies=emergencies,
        hazards=hazards,
        inbound_mail=head.inbound_mail,
        monthly_report=head.monthly_report,
        default_points=tuple(GeoPoint(p.latitude, p.longitude) for p in head.default_points),
        export_types=MappingProxyType(
            {name: s.code for s in draft.services for name in s.entry.export_types}
        ),
        phrase_roles=_phrase_roles(conditions.values()),
        danger_words=stem_entries(draft.danger_words),
        trained_model=draft.text_model,
        danger_conditions=_danger_conditions(draft, emergencies),
        hazard_conditions=_hazard_conditions(draft, hazards),
        plain_conditions=frozenset(c.code for c in conditions.values() if c.plain),
        alarm_budget=head.alarm_budget,
        thresholds=MappingProxyType(_thresholds(draft.text_model, head)),
        unsure_below=head.unsure_below,
        public_texts=head.public_texts,
        four_eyes=frozenset(head.four_eyes),
        faq=build_faq(questions.entry, answers.entry) if questions and answers else None,
        evidence=build_evidence(draft.evidence.entry) if draft.evidence else None,
        circumstances=(
            build_circumstances(draft.circumstances.entry) if draft.circumstances else None
        ),
        routing=build_rules(draft.routing.entry) if draft.routing else (),
        surges=build_surges(draft.surges.entry if draft.surges else SurgesEntry()),
        pages=_pages(head),
        folder=draft.folder,
    )


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for key, code in pairs:
        groups[key] = (*groups.get(key, ()), code)
    return MappingProxyType(groups)


def _phrase_roles(conditions: Collection[Condition]) -> PhraseRoles:
    return PhraseRoles(
        retracting=frozenset(c.code for c in conditions if c.retracts),
        persistent=frozenset(c.code for c in conditions if c.persists),
        past=frozenset(c.code for c in conditions if c.past),
        hypothetical=frozenset(c.code for c in conditions if c.hypothetical),
        events=frozenset(c.code for c in conditions if c.event),
    )


def _danger_conditions(draft: Draft, emergencies: Collection[HazardRule]) -> frozenset[str]:
    """Conditions that make a report an emergency, except those of the text model."""
    of_kinds = {
        when
        for service in draft.services
        for referral in service.entry.refer
        if referral.agency == AGENCY_911
        for when in referral.when
    }
    return (trigger_conditions(emergencies) | of_kinds).difference(
        predicted_conditions(draft.text_model)
    )


def _hazard_conditions(draft: Draft, hazards: Collection[HazardRule]) -> frozenset[str]:
    """Conditions that make a report urgent, except those of the text model."""
    of_kinds = {code for service in draft.services for code in service.entry.hazard.conditions}
    return (trigger_conditions(hazards) | of_kinds).difference(
        predicted_conditions(draft.text_model)
    )


def _thresholds(model: TrainedModel, head: JurisdictionEntry) -> Mapping[str, int]:
    """Minimum score of urgency by language, where the city has an alarm budget.

    The model's table holds the scores for some shares; the largest within the budget counts.
    """
    budgets: dict[str, float] = dict(head.alarm_budgets.items())
    return {
        language: levels[max(within)] + 1
        for language, levels in model.levels.items()
        if (budget := budgets.get(language, head.alarm_budget)) is not None
        if (within := [share for share in levels if share <= round(budget * 1000)])
    }


def _bureau(code: str, entry: BureauEntry, head: JurisdictionEntry) -> Bureau:
    hours = entry.hours or head.office_hours
    return Bureau(
        code,
        entry.name,
        entry.phone,
        hours,
        entry.escalates_to,
        entry.publish_photos,
        build_forward(entry.forward) if entry.forward else None,
    )


def _agency(code: str, entry: AgencyEntry) -> ExternalAgency:
    return ExternalAgency(code, entry.name, entry.phone, entry.url, entry.hours, entry.reason)


def _pages(head: JurisdictionEntry) -> CityPages:
    name = f"{head.name} 311"
    pages = head.pages or CityPagesEntry(title=LocalTextEntry(en=name, es=name))
    return CityPages(_text(pages.title), pages.color, pages.framed_by)


def _condition(code: str, entry: ConditionEntry, draft: Draft) -> Condition:
    """Return a condition; an attribute of the same name always states it by a yes."""
    answers = {field: frozenset(map(fold, values)) for field, values in entry.answers.items()}
    answers.setdefault(code, frozenset({YES}))
    return Condition(
        code,
        _text(entry.name),
        MappingProxyType(answers),
        _expanded(entry.phrases, draft),
        _expanded(entry.exceptions, draft),
        entry.retracts,
        entry.persists,
        entry.past,
        entry.hypothetical,
        entry.event,
        entry.plain,
    )


def _expanded(entry: PhrasesEntry, draft: Draft) -> Phrases:
    """Return patterns with the words of the families that they name."""
    english = {family.code: family.entry.en for family in draft.words}
    spanish = {family.code: family.entry.es for family in draft.words}
    return Phrases(
        tuple(expand_families(pattern, english) for pattern in entry.en),
        tuple(expand_families(pattern, spanish) for pattern in entry.es),
    )


def _hazard_rules(section: Iterable[LocatedEntry[HazardRuleEntry]]) -> tuple[HazardRule, ...]:
    return tuple(
        HazardRule(
            found.code,
            _text(found.entry.name),
            found.entry.danger,
            found.entry.all_of,
            found.entry.any_of,
        )
        for found in section
    )


def _service_type(found: LocatedEntry[ServiceEntry], draft: Draft) -> ServiceType:
    entry, dedup, heading = found.entry, found.entry.dedup, heading_of(found.document)
    return ServiceType(
        code=found.code,
        name=named(entry.name, draft.names, found.code),
        group=named(draft.headings[heading], draft.names, heading),
        keywords=Phrases(entry.keywords.en, entry.keywords.es),
        extra_keywords=Phrases(entry.extra_keywords.en, entry.extra_keywords.es),
        priority=entry.priority,
        target_hours=entry.target / _HOUR,
        dedup=Dedup(dedup.group or found.code.lower(), dedup.window, dedup.radius),
        hazard=entry.hazard.rule,
        hazard_conditions=entry.hazard.conditions,
        implies=entry.implies,
        harmless=entry.harmless,
        alternatives=tuple(
            AlternativeKind(other.kind, other.when, frozenset(other.unless))
            for other in entry.alternatives
        ),
        guess=_guess(entry.guess) if entry.guess else None,
        emergency=entry.emergency,
        lead=entry.lead,
        hazard_lead=entry.hazard_lead,
        informed=tuple(
            InformRule(informed.bureau, when)
            for informed in entry.inform
            for when in informed.when or (None,)
        ),
        notes=entry.notes,
        referrals=tuple(
            ReferralRule(referral.agency, when, referral.reason)
            for referral in entry.refer
            for when in referral.when or (None,)
        ),
        needs=_needs(entry.needs),
        attributes=tuple(_attribute(code, entry, draft) for code in entry.attributes),
        private=entry.private,
        source=Provenance(entry.source.urls, entry.source.sourced),
    )


def _guess(entry: GuessEntry) -> Guess:
    return Guess(entry.kind, frozenset(entry.when), frozenset(entry.unless))


def _text(entry: LocalTextEntry) -> LocalText:
    return LocalText(entry.en, entry.es)


def _needs(entry: NeedsEntry) -> Needs:
    return Needs(
        location=entry.location == "required",
        contact=entry.contact == "required",
        description=entry.description == "required",
        photo=entry.photo == "required",
        welcome=frozenset(n for n in _OPTIONAL_NEEDS if getattr(entry, n) == "welcome"),
    )


def _attribute(code: str, entry: ServiceEntry, draft: Draft) -> Attribute:
    field = draft.fields.found[code].entry
    required = code in entry.required_attributes
    if field.type == "yes_no":
        return Attribute(code, "singlevaluelist", required, _text(field.name), _YES_OR_NO)
    values = tuple((key, _text(name)) for key, name in field.values.items())
    return Attribute(code, field.type, required, _text(field.name), values)
