"""When a report is a question that the city can answer at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from services.triage.rules.priority.conditions import MatchedConditions
from shared.catalogue import Phrases, ServiceType
from shared.catalogue.answers import Answer, Faq
from shared.text_matching import PhraseIndex, fold

_MOST_WORDS = 60  # who writes more tells a story that a person should read
_TROUBLED = "troubled"


class FaqMatcher:
    """Finds what one city answers; whatever is not plainly a question goes to a person."""

    def __init__(self, answers: Faq) -> None:
        self._by_code = answers.by_code
        self._beside = answers.allowed_conditions
        self._asking = PhraseIndex(_as("asking", answers.questions))
        self._troubled = PhraseIndex(
            _as(_TROUBLED, answers.complaints), _as(_TROUBLED, answers.complaint_exceptions)
        )
        self._about = {kind: PhraseIndex(pairs) for kind, pairs in _by_kind(answers).items()}

    def covers(self, service: ServiceType) -> bool:
        """Whether people ask questions under this kind."""
        return service.code in self._about

    def match(
        self, service: ServiceType, text: str, met: MatchedConditions, *, has_more: bool = False
    ) -> Answer | None:
        """Return the answer to a report that asks about one thing, with nothing wrong in it.

        Args:
            service: Kind of the report.
            text: All that the reporter wrote freely.
            met: Conditions that the report states.
            has_more: Whether there is more to it than words, such as pictures or answers.
        """
        about = self._about.get(service.code)
        if about is None or has_more or not self._beside.issuperset(met):
            return None
        folded = fold(text)
        topics = {hit.code for hit in about.find(folded)}
        if not topics or len(folded.split()) > _MOST_WORDS or self._troubled.find(folded):
            return None
        meant = [self._by_code[code] for code in self._meant(topics)]
        return meant[0] if len(meant) == 1 and self._asking.find(folded) else None

    def _meant(self, topics: AbstractSet[str]) -> AbstractSet[str]:
        general = {other for code in topics for other in self._by_code[code].supersedes}
        return topics - general


def _as(code: str, phrases: Phrases) -> Iterator[tuple[str, str]]:
    return ((code, wording) for wording in (*phrases.en, *phrases.es))


def _by_kind(answers: Faq) -> Mapping[str, Iterable[tuple[str, str]]]:
    by_kind: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for answer in answers.by_code.values():
        for kind in answer.kinds:
            by_kind[kind] += _as(answer.code, answer.phrases)
    return by_kind
