"""Which of the phrases found in a text the text itself denies.

A rule of thumb on words that errs on the side of danger: what it does not understand counts as
said. Commas and words like "and" or "but" end the reach of a "no".
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from services.triage.priority import denials
from shared.phrases import Hit, PhraseIndex, fold

REACH = 4
"""The most words that may stand between a "no" and what it denies."""

_PIECES = re.compile(r"([.!?;:\n\u2026]+)|[,()\u2013\u2014]+|\s-+\s")


@dataclass(frozen=True, slots=True)
class _Text:
    """A folded text, with the words at which a clause or a sentence begins."""

    words: Sequence[str]
    clauses: Collection[int]
    sentences: Collection[int]


def affirmed(text: str, phrases: PhraseIndex) -> list[Hit]:
    """Return the phrases in a text that it does not deny, by their place in it."""
    if not phrases.find(fold(text)):
        return []
    taken = _take_apart(text)
    folded = " ".join(taken.words)
    idle = {hit.start_word for hit in denials.DENYING_NOTHING.find(folded)}
    ends = [hit.start_word for hit in denials.OVER.find(folded)]
    return [
        hit
        for hit in phrases.find(folded)
        if not _is_denied(hit, taken, idle) and not _is_over(hit, taken, ends)
    ]


def _take_apart(text: str) -> _Text:
    words: list[str] = []
    clauses, sentences = {0}, {0}
    for piece, ends_sentence in _pieces(text):
        words += fold(piece).split()
        clauses.add(len(words))
        if ends_sentence:
            sentences.add(len(words))
    clauses.update(i + 1 for i, word in enumerate(words) if word in denials.PARTING)
    return _Text(words, clauses, sentences)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for mark in _PIECES.finditer(text):
        yield text[start : mark.start()], mark.group(1) is not None
        start = mark.end()
    yield text[start:], True


def _is_denied(hit: Hit, text: _Text, idle: Collection[int]) -> bool:
    """Whether a "no" stands a few words before the phrase, in the same clause."""
    for i in range(hit.start_word - 1, max(-1, hit.start_word - 2 - REACH), -1):
        if i + 1 in text.clauses:
            return False
        if i not in idle and _denies(i, text.words):
            return True
    return False


def _denies(i: int, words: Sequence[str]) -> bool:
    if words[i] == "t":
        return i > 0 and words[i - 1] in denials.SHORTENED
    return words[i] in denials.DENYING


def _is_over(hit: Hit, text: _Text, ends: Sequence[int]) -> bool:
    """Whether the text says that it was so and, in the same sentence, that it is over."""
    start = hit.start_word
    begin = max(begin for begin in text.sentences if begin <= start)
    if not denials.PAST.intersection(text.words[max(begin, start - REACH) : start]):
        return False
    return any(
        end >= hit.end_word and not any(start < begin <= end for begin in text.sentences)
        for end in ends
    )
