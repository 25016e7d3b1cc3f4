"""Reads the reports of one city: texts and answers."""

from collections.abc import Mapping

from shared.catalogue.judgement import LocatedJudgement, TextJudgement, judge_text, quote
from shared.catalogue.jurisdiction import Jurisdiction
from shared.catalogue.service_type import ServiceType

_LISTS = frozenset({"singlevaluelist", "multivaluelist"})


def free_text(description: str, details: str | None) -> str:
    """Return the free text of a report: its description, and the details of its location."""
    return "\n".join(filter(None, (description, details)))


class ReportReader:
    """Reads the reports of one city."""

    def __init__(self, city: Jurisdiction) -> None:
        self._city = city
        self._list_attributes = {
            service.code: frozenset(a.code for a in service.attributes if a.datatype in _LISTS)
            for service in city.services.values()
        }

    def words(self, service: ServiceType, text: str, attributes: Mapping[str, object]) -> str:
        """Return everything in a report that is assessed as text, own words of answers included."""
        lists = self._list_attributes[service.code]
        own_words = [v for k, v in attributes.items() if isinstance(v, str) and k not in lists]
        return "\n".join((text, *own_words))

    def read(
        self,
        service: ServiceType,
        text: str,
        attributes: Mapping[str, object],
        located: LocatedJudgement | None = None,
    ) -> TextJudgement:
        """Assess a report by its text and answers.

        Args:
            located: The earlier assessment of its words by the same rules, if any.
        """
        words = self.words(service, text, attributes)
        judgement = judge_text(words, self._city) if located is None else quote(located, words)
        return self.with_answers(judgement, attributes)

    def with_answers(
        self, judgement: TextJudgement, attributes: Mapping[str, object]
    ) -> TextJudgement:
        """Add the conditions that answers state; an answer counts whatever the text contains."""
        if not attributes:
            return judgement
        conditions = dict(judgement.conditions)
        for code, value in attributes.items():
            for condition in self._city.conditions_by_attribute.get(code, ()):
                if condition.answered_by({code: value}):
                    conditions.setdefault(condition.code, code)
        return judgement._replace(conditions=conditions)
