"""Rules of each city, prepared once from the catalogue."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from services.triage.rules.dedup.case_index import SearchExtent
from services.triage.rules.dedup.features import FeatureExtractor
from services.triage.rules.dedup.model import RADIUS_ONLY
from services.triage.rules.dedup.text_features import all_words
from services.triage.rules.faq import FaqMatcher
from services.triage.rules.priority.context import with_context
from services.triage.rules.priority.location import NO_LOCATION, PlaceFinder, ReportLocation
from services.triage.rules.priority.score import (
    DetectedEmergency,
    MatchedConditions,
    PriorityScore,
    detect_emergency,
    find_downgrade,
    find_generic_hazard,
    matched_conditions,
    score_priority,
)
from services.triage.rules.reason_texts import ReasonTexts
from services.triage.rules.referral import AgencyReferral, referral_for
from shared.catalogue import (
    Catalogue,
    DangerAdvice,
    Dedup,
    Jurisdiction,
    ServiceType,
    danger_advice,
    text_rules_version,
)
from shared.catalogue.evidence import Evidence, Extent
from shared.catalogue.judgement import (
    ExplainedScore,
    LocatedJudgement,
    confirmed_kind,
    explain_scores,
)
from shared.catalogue.report_reader import ReportReader
from shared.vocabulary import DangerClass

_TYPICAL_POINTS = 8  # of the text model, from which a word is typical of a kind


class Assessment(NamedTuple):
    """Result of the rules that need no other report.

    Attributes:
        priority: Without the reasons that earlier reports and surges add.
        emergency: A danger to life, whatever the outcome.
        dangers: Classes of the dangers that it names, the most pressing first.
    """

    priority: PriorityScore
    emergency: DetectedEmergency | None
    referral: AgencyReferral | None
    conditions: MatchedConditions
    dangers: tuple[DangerClass, ...] = ()


class CityPolicy:
    """Rules of one city.

    Attributes:
        alarm_budget: Share of random reports that may be judged urgent; None for no limit.
        other_code: Service code of reports whose kind is not known.
        evidence: Weights for matching; None when radius and window alone decide.
        dedup_limits: Radius and window by service code.
        placeholder_limits: When a point counts as a placeholder; None for never.
        circumstances: Weights of places, reporters and time; None when they add nothing.
    """

    def __init__(self, jurisdiction: Jurisdiction, evidence: Evidence | None = None) -> None:
        """Prepare a city's rules; ``evidence`` replaces the evidence of the city's own folder."""
        self._jurisdiction = jurisdiction
        self.alarm_budget = jurisdiction.alarm_budget
        self.other_code = jurisdiction.other_code
        self.services: Mapping[str, ServiceType] = jurisdiction.services
        self.evidence = evidence or jurisdiction.evidence
        self.dedup_limits = _dedup_limits(jurisdiction, self.evidence)
        self.features = FeatureExtractor(self.evidence, _kind_words(jurisdiction))
        self.placeholder_limits = self.evidence.placeholder_points if self.evidence else None
        self.circumstances = jurisdiction.circumstances
        self.reason_texts = ReasonTexts(jurisdiction, self.circumstances)
        self.faq = FaqMatcher(jurisdiction.faq) if jurisdiction.faq else None
        self._reader = ReportReader(jurisdiction)
        self._places = PlaceFinder(jurisdiction, self.circumstances) if self.circumstances else None
        reach = self.evidence.reach if self.evidence else RADIUS_ONLY
        self._search_extents = {
            group: _search_extent([self.dedup_limits[kind] for kind in kinds], reach)
            for group, kinds in jurisdiction.dedup_groups.items()
        }

    def assess(  # noqa: PLR0913 - the parts of a report
        self,
        service: ServiceType,
        text: str,
        attributes: Mapping[str, object],
        municipality: str | None,
        location: ReportLocation = NO_LOCATION,
        *,
        is_classified: bool = False,
        located: LocatedJudgement | None = None,
    ) -> Assessment:
        """Apply the rules for priority, emergencies and referrals to one report.

        Args:
            is_classified: True when the kind was derived from the text. It then makes the report no
                more urgent than the text itself does.
            located: An earlier judgement of the text by the same rules, if there is one.
        """
        city = self._jurisdiction
        judgement = self._reader.read(service, text, attributes, located)
        conditions = matched_conditions(judgement)
        kind = confirmed_kind(service, judgement) if is_classified else service
        emergency = detect_emergency(city, kind, conditions)
        stated = {**judgement.doubted, **conditions}
        adjustment = find_downgrade(city, kind, stated) or find_generic_hazard(
            city, kind, conditions
        )
        is_other = service.code == city.other_code
        priority = score_priority(kind, conditions, emergency, adjustment, is_other=is_other)
        if self._places is not None:
            priority = with_context(priority, self._places.reasons(service, stated, location))
        referral = referral_for(city, service, municipality, conditions, priority.level)
        dangers = city.dangers({*conditions, *kind.implies}) if conditions else ()
        return Assessment(priority, emergency, referral, conditions, dangers)

    def danger_advice(self, dangers: Collection[str]) -> Sequence[DangerAdvice]:
        """Return the advice for a danger to life of these classes, in the order to show it."""
        return danger_advice(dangers, self._jurisdiction)

    def explain_text(self, text: str) -> Sequence[ExplainedScore]:
        """Return the scores of a text by the city's text model, with the weights behind them."""
        return explain_scores(text, self._jurisdiction)

    def search_extent(self, service: ServiceType) -> SearchExtent:
        """Return the search extent for earlier cases of this kind's dedup group."""
        return self._search_extents[service.dedup.group]


class TriagePolicy:
    """Rules of every city; ``version`` is that of the catalogue, which decisions carry."""

    def __init__(
        self, catalogue: Catalogue, evidence: Mapping[str, Evidence] | None = None
    ) -> None:
        """Prepare every city; ``evidence`` replaces the evidence of some cities by id."""
        self.version = catalogue.version
        self.text_rules_version = text_rules_version(catalogue.version)
        replaced = evidence or {}
        self.cities = {
            id_: CityPolicy(city, replaced.get(id_))
            for id_, city in catalogue.jurisdictions.items()
        }


def _dedup_limits(city: Jurisdiction, evidence: Evidence | None) -> dict[str, Dedup]:
    """Return radius and window of each kind; evidence never gives any to a kind without them."""
    limits = {code: kind.dedup for code, kind in city.services.items()}
    for code, learnt in evidence.limits.items() if evidence else ():
        own = limits.get(code)
        if own is not None and own.radius_m and own.window:
            radius_m, window = learnt.radius_m or own.radius_m, learnt.window or own.window
            limits[code] = replace(own, radius_m=radius_m, window=window)
    return limits


def _kind_words(city: Jurisdiction) -> dict[str, frozenset[str]]:
    """Return the words of each kind, which distinguish its reports the least.

    They are those of its name and keywords, and those by which the text model knows it.
    """
    model = city.text_model
    return {
        code: all_words(
            (
                kind.name.en,
                kind.name.es,
                *model.typical_words(code, _TYPICAL_POINTS),
                *(text for of in (kind.keywords, kind.extra_keywords) for text in (*of.en, *of.es)),
            )
        )
        for code, kind in city.services.items()
    }


def _search_extent(limits: list[Dedup], reach: Extent) -> SearchExtent:
    matching = [limit for limit in limits if limit.window]
    radius_m = max((limit.radius_m for limit in matching), default=0.0)
    reach_m = reach.around(radius_m) if radius_m else 0.0
    return SearchExtent(
        reach_m,
        max((limit.window for limit in matching), default=timedelta(0)),
        any(not limit.radius_m for limit in matching),
        reach_m - radius_m,
    )
