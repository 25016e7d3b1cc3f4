"""Hazard screening: the choice of the express lane before triage decides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.intake.rules.classification import likely_kinds
from shared.catalogue import Jurisdiction, ServiceType, conditions_by_field
from shared.catalogue.judgement import (
    ROAD_HAZARD,
    LocatedJudgement,
    TextConditions,
    confirmed_kind,
    judge_read,
    locate,
    read_text,
)
from shared.catalogue.report_reader import ReportReader
from shared.text_matching import KindProbability, fold
from shared.vocabulary import DangerClass, PriorityLevel

_MOST_URGENT: PriorityLevel = "P1"
_HAZARD: PriorityLevel = "P2"


@dataclass(frozen=True, slots=True)
class Screening:
    """The result of screening one report.

    Attributes:
        level: Priority of the report by itself, before triage weighs what speaks against it.
        judgement: Judgement of its words, for a reader by the same rules.
    """

    express: bool
    emergency: str | None
    level: PriorityLevel
    conditions: Collection[str]
    judgement: LocatedJudgement
    dangers: tuple[DangerClass, ...]
    kinds: Sequence[KindProbability]


class HazardScreen:
    """Screens reports for the hazards of one city, by the same judgement as triage."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._jurisdiction = jurisdiction
        self._reader = ReportReader(jurisdiction)

    def screen(
        self,
        service: ServiceType,
        text: str,
        attributes: Mapping[str, object],
        *,
        is_classified: bool = False,
        read: TextConditions | None = None,
    ) -> Screening:
        """Return the screening of a report; ``read`` spares the search for conditions."""
        words = self._reader.words(service, text, attributes)
        if read is None or words != text:
            read = read_text(words, self._jurisdiction)
        of_words = judge_read(read, self._jurisdiction)
        judgement = self._reader.with_answers(of_words, attributes)
        kind = confirmed_kind(service, judgement) if is_classified else service
        met = {*judgement.conditions, *kind.implies}
        found = self._jurisdiction.emergency(kind, met)
        is_hazard = kind.is_hazard(met) or self._jurisdiction.hazard(met) is not None
        level = _MOST_URGENT if found else min(kind.priority, _HAZARD if is_hazard else "P5")
        return Screening(
            express=level == _MOST_URGENT or is_hazard,
            emergency=found[0] if found else None,
            level=level,
            conditions=judgement.conditions,
            judgement=locate(of_words, words),
            dangers=self._jurisdiction.dangers(met),
            kinds=likely_kinds(read, self._jurisdiction),
        )


# Points below the threshold of urgency from which on a text may be urgent.
#
# The screening finds phrases as well, whose conditions add points. On random real texts the quick
# look finds 9 of 10 that the screening finds urgent, and one in ten of the others.
_SLACK = 20


class QuickLook:
    """Finds most of the reports of one city that the screening will find urgent, and some more."""

    def __init__(self, jurisdiction: Jurisdiction, screen: HazardScreen) -> None:
        self._model = jurisdiction.text_model
        self._other_languages = jurisdiction.dangers_in_other_languages
        self._thresholds = jurisdiction.thresholds
        self._urgent_kinds = frozenset(
            service.code
            for service in jurisdiction.services.values()
            if screen.screen(service, "", {}).express
        )
        dangers = jurisdiction.danger_conditions | jurisdiction.hazard_conditions
        self._asking = conditions_by_field(
            condition for condition in jurisdiction.conditions.values() if condition.code in dangers
        )

    def may_be_urgent(
        self, service_code: str | None, text: str, attributes: Mapping[str, object]
    ) -> bool:
        """Return True when the report, as written, may be urgent."""
        if service_code in self._urgent_kinds or self._is_answered(attributes):
            return True
        folded = fold(text)
        if self._other_languages.may_match(text, folded):
            return True
        score = self._model.score(folded.split())
        urgency = score.urgency
        if urgency is None or not urgency.known:
            return False
        least = self._thresholds.get(urgency.language, 1)
        dangers = [points for name, points in score.dangers().items() if name != ROAD_HAZARD]
        return urgency.points + _SLACK >= least or max(dangers, default=0) >= _SLACK

    def _is_answered(self, attributes: Mapping[str, object]) -> bool:
        return any(
            condition.answered_by({code: value})
            for code, value in attributes.items()
            for condition in self._asking.get(code, ())
        )
