"""Features of a report's text and attributes that distinguish one problem from another."""

from collections.abc import Collection, Iterable, Mapping

from shared.catalogue.evidence import Evidence
from shared.text_matching import fold

_READ_CHARS = 600  # a report states its topic at the beginning
_MAX_WORDS = 12
_MIN_WORD, _MIN_NUMBER, _MIN_NAME = 4, 2, 3  # characters


class FeatureExtractor:
    """Extracts the features that one city's evidence weighs; without evidence there are none."""

    def __init__(self, evidence: Evidence | None, common_words: Collection[str]) -> None:
        self._vague_m: Mapping[str, float] = evidence.accuracy.vague_m if evidence else {}
        self._uses_words = bool(evidence and evidence.words.each)
        self._asset_questions = evidence.assets.answers if evidence else ()
        self._common_words = common_words

    def position_error_m(self, accuracy_m: float | None, precision: str) -> float:
        """Return the error radius of a point in metres, from its accuracy and its precision."""
        return max(accuracy_m or 0.0, self._vague_m.get(precision, 0.0))

    def rare_words(self, text: str) -> frozenset[str]:
        """Return the words of a description that distinguish its problem from others."""
        return rare_words(text, self._common_words) if self._uses_words else frozenset()

    def asset(self, attributes: Mapping[str, object]) -> str | None:
        """Return the unique object that the attributes name, such as a plate, or None."""
        return find_asset(attributes, self._asset_questions)


def rare_words(text: str, common: Collection[str]) -> frozenset[str]:
    """Return the first words and numbers of a text that are not common, at most 12."""
    words = dict.fromkeys(fold(text[:_READ_CHARS]).split())
    rare = [
        word
        for word in words
        if word not in common
        and (len(word) >= _MIN_WORD or (len(word) >= _MIN_NUMBER and word.isdigit()))
    ]
    return frozenset(rare[:_MAX_WORDS])


def all_words(texts: Iterable[str]) -> frozenset[str]:
    """Return every word of the texts, folded."""
    return frozenset(word for text in texts for word in fold(text).split())


def find_asset(attributes: Mapping[str, object], questions: Iterable[str]) -> str | None:
    """Return the first unique object that the attributes name, as ``question:name``, or None.

    A name needs a digit; without one it is "unknown", "no plates" or a colour.
    """
    for question in questions:
        answer = attributes.get(question)
        name = fold(answer).replace(" ", "") if isinstance(answer, str) else ""
        if len(name) >= _MIN_NAME and any(map(str.isdigit, name)):
            return f"{question}:{name}"
    return None
