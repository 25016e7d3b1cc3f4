"""Texts that residents read: a city's in its languages, and the program's in English."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from shared.vocabulary import primary_subtag

_VOWELS = "aeiou"
_NOTATION = frozenset("|?")


class TextInLanguage(str):
    """A text with its ``language``, a primary BCP 47 subtag."""

    __slots__ = ("language",)
    language: str

    @classmethod
    def of(cls, text: str, language: str) -> Self:
        """Return a text with its language."""
        known = cls(text)
        known.language = language
        return known


@dataclass(frozen=True, slots=True)
class ProgramText:
    """One text of the program with values for its placeholders, such as ``{number}``.

    Its translations are in gettext catalogues: ``SpokenLanguage.say``.
    """

    en: str
    values: Mapping[str, str] = field(default_factory=dict)

    def filled(self, **values: str) -> "ProgramText":
        """Return the text with more values."""
        return replace(self, values={**self.values, **values})


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text of a city; ``others`` are by primary subtag."""

    en: str
    es: str
    others: Mapping[str, str] = field(default_factory=dict, hash=False)

    def in_language(self, tag: str) -> TextInLanguage:
        """Return the text for a BCP 47 tag; English where it lacks the language."""
        language = primary_subtag(tag)
        text = self.es if language == "es" else self.others.get(language)
        return TextInLanguage.of(text, language) if text else TextInLanguage.of(self.en, "en")


def phone_in_words(phone: str, tag: str) -> str:
    """Return a city's telephone numbers in a language's sentence, `A or B`; `A / B` in most."""
    return phone.replace(" or ", {"en": " or ", "es": " o "}.get(tag, " / "))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns in the notation of ``shared.text_matching.notation``, by language."""

    en: tuple[str, ...]
    es: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """The patterns of both languages."""
        return (*self.en, *self.es)

    def with_plurals(self) -> "Phrases":
        """Return the same patterns, each also matching the regular plural of its last word."""
        return Phrases(
            tuple(with_plural(pattern, "en") for pattern in self.en),
            tuple(with_plural(pattern, "es") for pattern in self.es),
        )


def with_plural(pattern: str, language: str) -> str:
    """Return a pattern that also matches the regular plural of its last word.

    English adds ``s`` (``es`` after a sibilant), Spanish ``s`` after a vowel and ``es`` after a
    consonant. Irregular plurals are keywords of their own in the catalogue, and a last word that
    already uses the notation is left as it is.
    """
    *before, last = pattern.split()
    if not last.isalpha() or last.endswith("s") or _NOTATION & set(last):
        return pattern
    return " ".join([*before, f"{last}|{last}{_plural_ending(last, language)}"])


def _plural_ending(word: str, language: str) -> str:
    if language == "es":
        return "s" if word[-1] in _VOWELS else "es"
    return "es" if word.endswith(("x", "ch", "sh")) else "s"
