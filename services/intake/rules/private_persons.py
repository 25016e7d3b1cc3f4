"""The screen of texts: does a text seem to be about a private person?

It finds what residents write about neighbours in English and Spanish: names, accusations, insults,
number plates, health, and homes with an accusation. Officials and companies in their role, streets
and anonymous people ("drivers", "teenagers") are no private persons.

A subject, such as "the man at number 12", counts with a crime, a nuisance or the like within a
bounded number of characters, so the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.intake.rules import private_person_words as words
from services.intake.rules.person_names import person_names
from shared.vocabulary import PersonalClass, PublicTexts


class PersonalWords(NamedTuple):
    """Words of a text that seem to be about a private person, and what they seem to do."""

    about: PersonalClass
    words: str


class HeldText(NamedTuple):
    """A text of a request that waits for an operator, and why.

    Attributes:
        text_id: The request's id for its description, else the note's.
        findings: Empty where the city holds every text.
    """

    text_id: str
    request_id: str
    findings: Sequence[PersonalWords]


class _Pair(NamedTuple):
    """A subject with a predicate that counts after it in its sentence, or also before it."""

    about: PersonalClass
    subject: re.Pattern[str]
    predicate: re.Pattern[str]
    before: bool = False


_ALONE: tuple[tuple[PersonalClass, re.Pattern[str]], ...] = (
    ("plate", words.PLATE),
    ("health", words.PATIENT_ALONE),
    ("accusation", words.DESCRIBED),
    ("home", words.AT_NUMBER),
    ("insult", words.INSULTED),
)
_OF_SOMEBODY_KNOWN: tuple[tuple[PersonalClass, re.Pattern[str], bool], ...] = (
    ("accusation", words.CRIME, True),
    ("accusation", words.NUISANCE, False),
    ("insult", words.INSULT, False),
)
_PAIRS = (
    *(
        _Pair(about, subject, predicate, before)
        for subject in (words.NEIGHBOUR, words.AT_HOME)
        for about, predicate, before in _OF_SOMEBODY_KNOWN
    ),
    _Pair("accusation", words.SOMEBODY, words.CRIME),
    _Pair("home", words.HOME, words.HOME_CRIME, before=True),
    _Pair("home", words.NUMBERED, words.NEGLECT),
    _Pair("health", words.PATIENT, words.HEALTH),
)
# Characters after a subject, and before it, in which a predicate counts.
_AFTER, _BEFORE = 110, 60
# Of a text that repeats itself no more subjects, or findings, are looked at.
_MOST_SUBJECTS, _MOST_FINDINGS = 40, 8
_MOST_EVIDENCE = 120
_SENTENCE_END = re.compile(r"(?<!\bst)(?<!\bave)(?<!\bapt)(?<!\bno)(?<!\bmr)[.!?;]\s|\n")
_ACCENTS = str.maketrans("áéíóúüñàèìòùâêîôûç\u2019", "aeiouunaeiouaeiouc'")


def reasons_to_hold(text: str, public_texts: PublicTexts) -> tuple[PersonalWords, ...] | None:
    """Return why a redacted text waits for an operator; None where it is public at once."""
    if not text or public_texts == "at_once":
        return None
    found = personal_words(text)
    return found if found or public_texts == "after_release" else None


def personal_words(text: str) -> tuple[PersonalWords, ...]:
    """Return what a redacted text seems to say about private persons; nothing for most texts."""
    found: dict[PersonalWords, None] = {}
    for about, evidence in _findings(text):
        found[PersonalWords(about, " ".join(evidence.split())[:_MOST_EVIDENCE])] = None
        if len(found) == _MOST_FINDINGS:
            break
    return tuple(found)


def _findings(text: str) -> Iterator[tuple[PersonalClass, str]]:
    for name in person_names(text):
        yield "name", name
    folded = text.lower().translate(_ACCENTS)
    for about, pattern in _ALONE:
        for match in pattern.finditer(folded):
            yield about, match.group()
    for pair in _PAIRS:
        for number, subject in enumerate(pair.subject.finditer(folded)):
            if number == _MOST_SUBJECTS:
                break
            if evidence := _evidence(folded, subject, pair):
                yield pair.about, evidence


def _evidence(text: str, subject: re.Match[str], pair: _Pair) -> str | None:
    start, end = subject.span()
    ended = _SENTENCE_END.search(text, end, end + _AFTER)
    if predicate := pair.predicate.search(text, start, ended.start() if ended else end + _AFTER):
        return text[min(start, predicate.start()) : max(end, predicate.end())]
    if pair.before and (predicate := pair.predicate.search(text, max(0, start - _BEFORE), start)):
        return text[predicate.start() : end]
    return None
