"""What in a report's own words and answers tells one problem from another."""

from collections.abc import Collection, Iterable, Mapping

from shared.text_matching import fold

_READ = 600  # characters; what a report is about stands at its beginning
_MOST_WORDS = 12
_SHORTEST_WORD, _SHORTEST_NUMBER = 4, 2
_SHORTEST_NAME = 3


def rare_words(text: str, common: Collection[str]) -> frozenset[str]:
    """Return the first words of a text that are not common ones, and its numbers."""
    words = dict.fromkeys(fold(text[:_READ]).split())
    telling = [word for word in words if word not in common and _is_long_enough(word)]
    return frozenset(telling[:_MOST_WORDS])


def _is_long_enough(word: str) -> bool:
    return len(word) >= (_SHORTEST_NUMBER if word.isdigit() else _SHORTEST_WORD)


def all_words(texts: Iterable[str]) -> frozenset[str]:
    """Return every word of some texts, folded."""
    return frozenset(word for text in texts for word in fold(text).split())


def find_asset(answers: Mapping[str, object], questions: Iterable[str]) -> str | None:
    """Return the thing that the first answered question names, or None.

    A name has a digit: what has none is "unknown", "no plates" or a word for the colour.
    """
    for question in questions:
        answer = answers.get(question)
        name = fold(answer).replace(" ", "") if isinstance(answer, str) else ""
        if len(name) >= _SHORTEST_NAME and any(map(str.isdigit, name)):
            return f"{question}:{name}"
    return None
