"""Which conditions of the catalogue a report meets, and by what."""

from collections.abc import Mapping
from typing import TypeAlias

from shared.catalogue import Jurisdiction, ServiceType, by_field
from shared.phrases import affirmed

Met: TypeAlias = Mapping[str, str]
"""The evidence for each condition that is met: words of the report, or an answer."""

_LISTS = frozenset({"singlevaluelist", "multivaluelist"})


class ConditionFinder:
    """Finds the conditions of one city in what people write and answer."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._stated_by = by_field(jurisdiction.conditions.values())
        self._phrases = jurisdiction.phrases
        self._spans = jurisdiction.spans
        self._closed_questions = {
            service.code: frozenset(a.code for a in service.attributes if a.datatype in _LISTS)
            for service in jurisdiction.services.values()
        }

    def met_by(self, service: ServiceType, text: str, answers: Mapping[str, object]) -> Met:
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
            for hit in affirmed(said, self._phrases, self._spans):
                met.setdefault(hit.code, hit.phrase)
        for field, answer in answers.items():
            for condition in self._stated_by.get(field, ()):
                if condition.answered_by({field: answer}):
                    met.setdefault(condition.code, field)
        return met
