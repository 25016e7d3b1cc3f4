"""Which of the phrases found in a text the text itself denies.

A rule of thumb on words that errs on the side of danger: what it does not understand counts as
said. Commas and words like "and" or "but" end the reach of a "no".
"""

import re
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from shared.text_matching import negation_lexicon as denials
from shared.text_matching.folding import fold
from shared.text_matching.index import Hit, PhraseIndex

_REACH = 4  # the most words that may stand between a "no" and what it denies

_PIECES = re.compile(r"([.!?;:\n\u2026]+)|[,()\u2013\u2014]+|\s-+\s")


@dataclass(frozen=True, slots=True)
class _Text:
    """A folded text, with the words at which a clause or a sentence begins.

    Attributes:
        idle: The words that begin like a denial and deny nothing.
        ends: The words at which something that was is said to be over.
        endings: Phrases that say by themselves that what came before them is over.
    """

    words: Sequence[str]
    clauses: Collection[int]
    sentences: Collection[int]
    idle: Collection[int]
    ends: Collection[int]
    endings: Collection[Hit]


@dataclass(frozen=True, slots=True)
class Spans:
    """Which phrases say something of the time of others.

    Attributes:
        ending: Codes of phrases that say that what came before them is so no longer.
        lasting: Codes of phrases that no such end takes back.
        past: Codes of phrases that say that what their clause tells was long ago.
        supposed: Codes of phrases whose sentence speaks of things that need not be.
        events: Codes of phrases that tell what happens and not what is, which either takes back.
    """

    ending: Collection[str] = frozenset()
    lasting: Collection[str] = frozenset()
    past: AbstractSet[str] = frozenset()
    supposed: AbstractSet[str] = frozenset()
    events: Collection[str] = frozenset()


NO_SPANS = Spans()


def affirmed(text: str, phrases: PhraseIndex, spans: Spans = NO_SPANS) -> list[Hit]:
    """Return the phrases in a text that it does not deny, by their place in it.

    Those that only say that something is past or supposed are not among them.
    """
    folded = fold(text)
    return affirmed_of(phrases.find(folded), text, folded, spans)


def affirmed_of(hits: list[Hit], text: str, folded: str, spans: Spans = NO_SPANS) -> list[Hit]:
    """Return those of the phrases found in a text that it does not deny."""
    if not hits:
        return hits
    words = folded.split()
    endings = [hit for hit in hits if hit.code in spans.ending]
    pasts = [hit for hit in hits if hit.code in spans.past]
    supposed = [hit for hit in hits if hit.code in spans.supposed]
    can_end = not denials.PAST.isdisjoint(words)
    ends = [hit.start_word for hit in denials.OVER.find(folded)] if can_end else []
    is_plain = not (ends or endings or pasts or supposed)
    if is_plain and not any(_may_be_denied(hit, words) for hit in hits):
        return hits
    idle = {hit.start_word for hit in denials.DENYING_NOTHING.find(folded)}
    taken = _Text(words, *_beginnings(text, words), idle, ends, ())
    said = [hit for hit in hits if not _is_denied(hit, taken) and not _is_over(hit, taken)]
    if pasts or supposed:
        said = [hit for hit in said if hit.code not in spans.past | spans.supposed]
        said = [
            hit
            for hit in said
            if hit.code not in spans.events
            or not (_was(hit, pasts, taken) or _is_in_a_sentence_of(hit, supposed, taken))
        ]
    if not endings:
        return said
    taken = replace(taken, endings=[hit for hit in endings if hit in said and _lasts(hit, taken)])
    return [hit for hit in said if _holds(hit, taken, spans)]


def _beginnings(text: str, words: Sequence[str]) -> tuple[set[int], set[int]]:
    """Return the words at which clauses begin, and those at which sentences do."""
    clauses, sentences = {0}, {0}
    begin = 0
    for piece, ends_sentence in _pieces(text):
        begin += len(fold(piece).split())
        clauses.add(begin)
        if ends_sentence:
            sentences.add(begin)
    clauses.update(i + 1 for i, word in enumerate(words) if word in denials.PARTING)
    return clauses, sentences


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for mark in _PIECES.finditer(text):
        yield text[start : mark.start()], mark.group(1) is not None
        start = mark.end()
    yield text[start:], True


def _may_be_denied(hit: Hit, words: Sequence[str]) -> bool:
    before = words[max(0, hit.start_word - 1 - _REACH) : hit.start_word]
    return not denials.DENYING.isdisjoint(before)


def _is_denied(hit: Hit, text: _Text) -> bool:
    """Whether a "no" stands a few words before the phrase, in the same clause."""
    for i in range(hit.start_word - 1, max(-1, hit.start_word - 2 - _REACH), -1):
        if i + 1 in text.clauses:
            return False
        if text.words[i] in denials.DENYING and i not in text.idle:
            return True
    return False


def _was(hit: Hit, pasts: Collection[Hit], text: _Text) -> bool:
    """Whether the clause says that it was long ago, or the clause before it does to begin with."""
    begin = max(begin for begin in text.clauses if begin <= hit.start_word)
    before = max((b for b in text.clauses if b < begin), default=begin)
    is_first = before in text.sentences and begin not in text.sentences
    since = before if is_first and begin - before <= _REACH else begin
    end = min((e for e in text.clauses if e > hit.start_word), default=len(text.words))
    told = text.words[begin:end]
    return denials.AGAIN.isdisjoint(told) and any(since <= p.start_word < end for p in pasts)


def _is_in_a_sentence_of(hit: Hit, others: Collection[Hit], text: _Text) -> bool:
    begin = max(begin for begin in text.sentences if begin <= hit.start_word)
    end = min((e for e in text.sentences if e > hit.start_word), default=len(text.words))
    return any(begin <= other.start_word < end for other in others)


def _is_over(hit: Hit, text: _Text) -> bool:
    """Whether the text says that it was so and, in the same sentence, that it is over."""
    start = hit.start_word
    begin = max(begin for begin in text.sentences if begin <= start)
    if not denials.PAST.intersection(text.words[max(begin, start - _REACH) : start]):
        return False
    return any(
        end >= hit.end_word and not any(start < begin <= end for begin in text.sentences)
        for end in text.ends
    )


def _holds(hit: Hit, text: _Text, spans: Spans) -> bool:
    if hit.code in spans.ending:
        return hit in text.endings
    return hit.code in spans.lasting or not _is_ended(hit, text)


def _lasts(ending: Hit, text: _Text) -> bool:
    """Whether nothing after the end says that it began again or goes on."""
    return denials.AGAIN.isdisjoint(text.words[ending.end_word :])


def _is_ended(hit: Hit, text: _Text) -> bool:
    """Whether an end follows in the same sentence or the next, or stands before what "was"."""
    return any(
        _sentences_between(hit, ending, text) <= 1
        if hit.end_word <= ending.start_word
        else _was_before(hit, ending, text)
        for ending in text.endings
    )


def _sentences_between(hit: Hit, ending: Hit, text: _Text) -> int:
    return sum(hit.start_word < begin <= ending.start_word for begin in text.sentences)


def _was_before(hit: Hit, ending: Hit, text: _Text) -> bool:
    """Whether a hit that follows an end in its sentence shares words with it or is of the past."""
    if any(ending.start_word < begin <= hit.start_word for begin in text.sentences):
        return False
    between = text.words[ending.end_word : hit.start_word]
    return hit.start_word < ending.end_word or not denials.PAST.isdisjoint(between)
