"""What finds a city's words in texts."""

from collections.abc import Collection, Iterable, Iterator

from shared.catalogue.condition import Condition, Phrases
from shared.catalogue.service_type import Keywords, ServiceType
from shared.text_matching import LinearModel, PhraseIndex


def index_of_phrases(conditions: Collection[Condition]) -> PhraseIndex:
    """Return the index that finds by which phrases a text states conditions."""
    return PhraseIndex(
        _by_code((c.code, c.phrases) for c in conditions),
        _by_code((c.code, c.exceptions) for c in conditions),
        is_lenient=True,
    )


def index_of_hints(conditions: Iterable[Condition]) -> LinearModel:
    """Return the index of what the words of a text state together."""
    return LinearModel((c.code, hints) for c in conditions for hints in c.hints)


def index_of_keywords(services: Iterable[ServiceType]) -> PhraseIndex:
    """Return the index that finds which kinds a text names."""
    return PhraseIndex(
        _by_code(
            (service.code, _plurals(words))
            for service in services
            for words in (service.keywords, service.also_said)
        )
    )


def _by_code(phrases: Iterable[tuple[str, Phrases | Keywords]]) -> Iterator[tuple[str, str]]:
    return ((code, text) for code, both in phrases for text in (*both.en, *both.es))


def _plurals(keywords: Keywords) -> Keywords:
    return Keywords(
        tuple(with_plural(wording, "en") for wording in keywords.en),
        tuple(with_plural(wording, "es") for wording in keywords.es),
    )


_VOWELS = "aeiou"
_NOTATION = set("|?")


def with_plural(wording: str, language: str) -> str:
    """Return a wording that also finds the plain plural of its last word.

    English adds ``s`` (``es`` after a hiss), Spanish ``s`` after a vowel and ``es`` after a
    consonant. Irregular plurals stand in the catalogue as keywords of their own, and so does what
    the notation of ``shared.text_matching.notation`` already varies.
    """
    *before, last = wording.split()
    if not last.isalpha() or last.endswith("s") or _NOTATION & set(last):
        return wording
    return " ".join([*before, f"{last}|{last}{_ending(last, language)}"])


def _ending(word: str, language: str) -> str:
    if language == "es":
        return "s" if word[-1] in _VOWELS else "es"
    return "es" if word.endswith(("x", "ch", "sh")) else "s"
