"""Which conditions of the catalogue a report meets, and by what."""

from collections.abc import Mapping
from typing import TypeAlias

from shared.catalogue import Jurisdiction, ServiceType, conditions_by_field
from shared.text_matching import TextScore, filter_affirmed, fold

MatchedConditions: TypeAlias = Mapping[str, str]
"""The evidence for each condition that is met: words of the report, or an answer."""

DOUBTFUL = "doubted"
"""Met by a phrase that tells of a danger where the other words of the text speak against it."""

_LISTS = frozenset({"singlevaluelist", "multivaluelist"})


class ConditionFinder:
    """Finds the conditions of one city in what people write and answer."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._stated_by = conditions_by_field(jurisdiction.conditions.values())
        self._city = jurisdiction
        self._kin = jurisdiction.related_conditions
        self._dubious = frozenset(code for kin in self._kin.values() for code in kin)
        self._closed_questions = {
            service.code: frozenset(a.code for a in service.attributes if a.datatype in _LISTS)
            for service in jurisdiction.services.values()
        }

    def find(
        self, service: ServiceType, text: str, answers: Mapping[str, object]
    ) -> MatchedConditions:
        """Return every condition that the words or the answers state and do not deny.

        Args:
            service: Kind of the report.
            text: All that the reporter wrote freely.
            answers: Attributes of the report; those in the reporter's own words count as text.
        """
        met: dict[str, str] = {}
        closed = self._closed_questions[service.code]
        own_words = [v for k, v in answers.items() if isinstance(v, str) and k not in closed]
        for said in (text, *own_words):
            self._read(said, met)
        for field, answer in answers.items():
            for condition in self._stated_by.get(field, ()):
                if condition.answered_by({field: answer}):
                    met.setdefault(condition.code, field)
        return met

    def _read(self, said: str, met: dict[str, str]) -> None:
        folded = fold(said)
        found = self._city.phrases.find(folded)
        stated = filter_affirmed(found, said, folded, self._city.phrase_roles)
        hints = self._city.text_model.score(folded)
        can_be_doubted = any(hit.code in self._dubious for hit in stated)
        doubted = self._doubted(hints) if can_be_doubted else ()
        for hit in stated:
            met.setdefault(DOUBTFUL if hit.code in doubted else hit.code, hit.phrase)
        taken_back = {hit.code for hit in found} - {hit.code for hit in stated}
        for code, evidence in hints.stated().items():
            if taken_back.isdisjoint(self._kin[code]):
                met.setdefault(code, evidence)

    def _doubted(self, hints: TextScore) -> set[str]:
        return {code for denied in hints.denied() for code in self._kin[denied]}
