"""Match plain questions with the city's FAQ answers."""

from collections.abc import Iterator

from services.triage.rules.priority.score import MatchedConditions
from shared.catalogue import Phrases, ServiceType
from shared.catalogue.answers import Answer, Faq, most_specific
from shared.text_matching import PhraseIndex, fold

_MAX_WORDS = 60  # a longer text is a story that a person should read
_ASKING, _TROUBLED = "?asking", "?troubled"  # "?": no code of an answer begins so


class FaqMatcher:
    """Finds the FAQ answer of one city; only a plain question gets one."""

    def __init__(self, faq: Faq) -> None:
        self._answers = faq.by_code
        self._kinds = frozenset(kind for answer in faq.by_code.values() for kind in answer.kinds)
        self._allowed_conditions = faq.allowed_conditions
        topics = (pair for a in faq.by_code.values() for pair in _coded(a.code, a.phrases))
        self._index = PhraseIndex.of(
            (*topics, *_coded(_ASKING, faq.questions), *_coded(_TROUBLED, faq.complaints)),
            _coded(_TROUBLED, faq.complaint_exceptions),
        )

    def covers(self, service: ServiceType) -> bool:
        """Return True when the city answers questions under this kind."""
        return service.code in self._kinds

    def match(
        self,
        service: ServiceType,
        text: str,
        conditions: MatchedConditions,
        *,
        has_more: bool = False,
    ) -> Answer | None:
        """Return the answer to a report that asks about one topic and reports no problem.

        Args:
            has_more: True when the report has more than text, such as pictures or attributes.
        """
        if has_more or not self.covers(service):
            return None
        if not self._allowed_conditions.issuperset(conditions):
            return None
        folded = fold(text)
        codes = {hit.code for hit in self._index.find(folded)}
        if _ASKING not in codes or _TROUBLED in codes or len(folded.split()) > _MAX_WORDS:
            return None
        found = (self._answers[code] for code in codes - {_ASKING})
        answers = most_specific([one for one in found if service.code in one.kinds])
        return answers[0] if len(answers) == 1 else None


def _coded(code: str, phrases: Phrases) -> Iterator[tuple[str, str]]:
    return ((code, wording) for wording in phrases.all)
