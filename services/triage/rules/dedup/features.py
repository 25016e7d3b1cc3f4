"""Features of a report's text and attributes that distinguish one problem from another."""

from collections.abc import Collection, Iterable, Mapping

from shared.text_matching import fold

_READ_CHARS = 600  # a report states its topic at the beginning
_MAX_WORDS = 12
_MIN_WORD, _MIN_NUMBER, _MIN_NAME = 4, 2, 3  # characters


def rare_words(text: str, common: Collection[str]) -> frozenset[str]:
    """Return the first words and numbers of a text that are not common, at most 12."""
    words = dict.fromkeys(fold(text[:_READ_CHARS]).split())
    rare = [word for word in words if word not in common and _is_long_enough(word)]
    return frozenset(rare[:_MAX_WORDS])


def _is_long_enough(word: str) -> bool:
    return len(word) >= (_MIN_NUMBER if word.isdigit() else _MIN_WORD)


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
