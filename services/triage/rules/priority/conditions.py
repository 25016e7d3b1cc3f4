"""Find the catalogue's conditions in a report's text and attributes, with the evidence."""

from collections.abc import Mapping
from typing import TypeAlias

from shared.catalogue import Jurisdiction, ServiceType, conditions_by_field
from shared.catalogue.doubt import doubted_conditions
from shared.text_matching import filter_affirmed, fold

MatchedConditions: TypeAlias = Mapping[str, str]
"""Evidence by condition: words of the report, or the code of the attribute that states it."""

DOUBTFUL = "doubted"
"""Stands for a phrase of danger that the rest of its text contradicts."""

_LISTS = frozenset({"singlevaluelist", "multivaluelist"})


class ConditionFinder:
    """Finds the conditions of one city."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._conditions_by_attribute = conditions_by_field(jurisdiction.conditions.values())
        self._city = jurisdiction
        self._related = jurisdiction.related_conditions
        self._list_attributes = {
            service.code: frozenset(a.code for a in service.attributes if a.datatype in _LISTS)
            for service in jurisdiction.services.values()
        }

    def find(
        self, service: ServiceType, text: str, attributes: Mapping[str, object]
    ) -> MatchedConditions:
        """Return every condition that text or attributes affirm and do not deny.

        Args:
            service: Kind of the report.
            text: Free text of the reporter.
            attributes: Values by attribute code; those in the reporter's own words are read as
                text too.
        """
        conditions: dict[str, str] = {}
        lists = self._list_attributes[service.code]
        free_texts = [v for k, v in attributes.items() if isinstance(v, str) and k not in lists]
        for own_words in (text, *free_texts):
            self._read(own_words, conditions)
        for code, value in attributes.items():
            for condition in self._conditions_by_attribute.get(code, ()):
                if condition.answered_by({code: value}):
                    conditions.setdefault(condition.code, code)
        return conditions

    def _read(self, text: str, conditions: dict[str, str]) -> None:
        folded = fold(text)
        hits = self._city.phrases.find(folded)
        affirmed = filter_affirmed(hits, text, folded, self._city.phrase_roles)
        score = self._city.text_model.score(folded)
        doubtful = doubted_conditions((hit.code for hit in affirmed), folded, self._city, score)
        for hit in affirmed:
            conditions.setdefault(DOUBTFUL if hit.code in doubtful else hit.code, hit.phrase)
        denied = {hit.code for hit in hits} - {hit.code for hit in affirmed}
        for code, evidence in score.stated().items():
            if denied.isdisjoint(self._related[code]):
                conditions.setdefault(code, evidence)
