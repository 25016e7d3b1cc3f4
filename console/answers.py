"""Full-text search: the city's answers to frequent questions, by a caller's words."""

from collections.abc import Iterable, Iterator, Sequence

from shared.catalogue.answers import Answer, Faq, most_specific
from shared.text_matching import PhraseIndex, fold


class AnswerSearch:
    """Finds answers by words in any language of the catalogue."""

    def __init__(self, faq: Faq | None) -> None:
        self._answers = faq.by_code if faq else {}
        self._index = PhraseIndex.of(_topics(self._answers.values()))

    def find(self, words: str) -> Sequence[Answer]:
        """Return the answers, each as specific as the words are."""
        codes = dict.fromkeys(hit.code for hit in self._index.find(fold(words)))
        return most_specific([self._answers[code] for code in codes])


def _topics(answers: Iterable[Answer]) -> Iterator[tuple[str, str]]:
    return ((answer.code, pattern) for answer in answers for pattern in answer.phrases.all)
