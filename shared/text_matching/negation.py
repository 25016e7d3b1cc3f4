"""Negation: which phrases found in a text does the text itself deny, retract or only suppose.

A heuristic on words that errs on the side of danger: a phrase counts unless it is clearly denied.
Punctuation and words such as "and" or "but" end the reach of a negation.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from shared.text_matching import negation_lexicon as lexicon
from shared.text_matching.folding import fold
from shared.text_matching.index import Hit, PhraseIndex

_REACH = 4  # words between a negation and what it denies, at most

_BOUNDARIES = re.compile(r"([.!?;:\n\u2026]+)|[,()\u2013\u2014]+|\s-+\s")


@dataclass(frozen=True, slots=True)
class _Text:
    """A folded text with the word indexes of its boundaries.

    Attributes:
        words: Its words.
        clauses: Where clauses begin.
        sentences: Where sentences begin.
        idle: Where phrases begin that look like a negation and deny nothing.
        ends: Where the text says that something past is over.
        retractions: Phrases that retract what precedes them.
    """

    words: Sequence[str]
    clauses: Collection[int]
    sentences: Collection[int]
    idle: Collection[int]
    ends: Collection[int]
    retractions: Collection[Hit]

    def clause(self, word: int) -> tuple[int, int]:
        """Return the bounds of the clause that contains a word."""
        return _bounds(word, self.clauses, len(self.words))

    def sentence(self, word: int) -> tuple[int, int]:
        """Return the bounds of the sentence that contains a word."""
        return _bounds(word, self.sentences, len(self.words))


@dataclass(frozen=True, slots=True)
class PhraseRoles:
    """Codes of phrases that change how other phrases of a text count.

    Attributes:
        retracting: Codes of phrases that say that what precedes them is no longer true.
        persistent: Codes of phrases that no retraction cancels.
        past: Codes of phrases that say that their clause is about long ago.
        hypothetical: Codes of phrases that say that their sentence is a supposition.
        events: Codes of phrases about events, which ``past`` and ``hypothetical`` cancel.
    """

    retracting: Collection[str] = frozenset()
    persistent: Collection[str] = frozenset()
    past: AbstractSet[str] = frozenset()
    hypothetical: AbstractSet[str] = frozenset()
    events: Collection[str] = frozenset()


NO_ROLES = PhraseRoles()


def find_affirmed(text: str, phrases: PhraseIndex, roles: PhraseRoles = NO_ROLES) -> list[Hit]:
    """Return the phrases in a text that it does not deny, in order.

    Phrases that only mark the past or a supposition are not among them.

    Args:
        text: The text as written.
        phrases: Index of the phrases to find.
        roles: Phrases that change how others count.
    """
    folded = fold(text)
    return filter_affirmed(phrases.find(folded), text, folded, roles)


def filter_affirmed(
    hits: list[Hit], text: str, folded: str, roles: PhraseRoles = NO_ROLES
) -> list[Hit]:
    """Return those phrases found in a text that it does not deny.

    Args:
        hits: Phrases found in the folded text.
        text: The text as written; its punctuation bounds clauses and sentences.
        folded: The folded text.
        roles: Phrases that change how others count.
    """
    if not hits:
        return hits
    words = folded.split()
    retractions = [hit for hit in hits if hit.code in roles.retracting]
    pasts = [hit for hit in hits if hit.code in roles.past]
    suppositions = [hit for hit in hits if hit.code in roles.hypothetical]
    can_end = not lexicon.PAST.isdisjoint(words)
    ends = [hit.start_word for hit in lexicon.OVER.find(folded)] if can_end else []
    is_plain = not (ends or retractions or pasts or suppositions)
    if is_plain and not any(_may_be_denied(hit, words) for hit in hits):
        return hits
    idle = {hit.start_word for hit in lexicon.DENYING_NOTHING.find(folded)}
    parsed = _Text(words, *_boundaries(text, words), idle, ends, ())
    kept = [hit for hit in hits if not _is_denied(hit, parsed) and not _is_over(hit, parsed)]
    if pasts or suppositions:
        kept = [hit for hit in kept if hit.code not in roles.past | roles.hypothetical]
        kept = [
            hit
            for hit in kept
            if hit.code not in roles.events
            or not (_is_past(hit, pasts, parsed) or _is_supposed(hit, suppositions, parsed))
        ]
    if not retractions:
        return kept
    final = [hit for hit in retractions if hit in kept and _is_final(hit, parsed)]
    parsed = replace(parsed, retractions=final)
    return [hit for hit in kept if _survives_retractions(hit, parsed, roles)]


def _boundaries(text: str, words: Sequence[str]) -> tuple[set[int], set[int]]:
    """Return the words at which clauses begin, and those at which sentences begin."""
    clauses, sentences = {0}, {0}
    begin = 0
    for piece, ends_sentence in _pieces(text):
        begin += len(fold(piece).split())
        clauses.add(begin)
        if ends_sentence:
            sentences.add(begin)
    clauses.update(i + 1 for i, word in enumerate(words) if word in lexicon.PARTING)
    return clauses, sentences


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces between punctuation marks, and whether a mark ends a sentence."""
    start = 0
    for mark in _BOUNDARIES.finditer(text):
        yield text[start : mark.start()], mark.group(1) is not None
        start = mark.end()
    yield text[start:], True


def _bounds(word: int, begins: Collection[int], length: int) -> tuple[int, int]:
    begin = max(begin for begin in begins if begin <= word)
    return begin, min((end for end in begins if end > word), default=length)


def _may_be_denied(hit: Hit, words: Sequence[str]) -> bool:
    before = words[max(0, hit.start_word - 1 - _REACH) : hit.start_word]
    return not lexicon.DENYING.isdisjoint(before)


def _is_denied(hit: Hit, text: _Text) -> bool:
    """Return True when a negation precedes the phrase closely in the same clause."""
    for i in range(hit.start_word - 1, max(-1, hit.start_word - 2 - _REACH), -1):
        if i + 1 in text.clauses:
            return False
        if text.words[i] in lexicon.DENYING and i not in text.idle:
            return True
    return False


def _is_past(hit: Hit, pasts: Collection[Hit], text: _Text) -> bool:
    """Return True when the clause, or a short introductory clause before it, is about long ago."""
    begin, end = text.clause(hit.start_word)
    before = max((b for b in text.clauses if b < begin), default=begin)
    is_second = before in text.sentences and begin not in text.sentences
    since = before if is_second and begin - before <= _REACH else begin
    clause = text.words[begin:end]
    return lexicon.AGAIN.isdisjoint(clause) and any(since <= p.start_word < end for p in pasts)


def _is_supposed(hit: Hit, suppositions: Collection[Hit], text: _Text) -> bool:
    begin, end = text.sentence(hit.start_word)
    return any(begin <= other.start_word < end for other in suppositions)


def _is_over(hit: Hit, text: _Text) -> bool:
    """Return True when the sentence puts the phrase in the past and says that it is over."""
    start = hit.start_word
    begin, _ = text.sentence(start)
    if not lexicon.PAST.intersection(text.words[max(begin, start - _REACH) : start]):
        return False
    return any(
        end >= hit.end_word and not any(start < begin <= end for begin in text.sentences)
        for end in text.ends
    )


def _survives_retractions(hit: Hit, text: _Text, roles: PhraseRoles) -> bool:
    if hit.code in roles.retracting:
        return hit in text.retractions
    return hit.code in roles.persistent or not _is_retracted(hit, text)


def _is_final(retraction: Hit, text: _Text) -> bool:
    """Return True when nothing after the retraction says that the problem goes on."""
    return lexicon.AGAIN.isdisjoint(text.words[retraction.end_word :])


def _is_retracted(hit: Hit, text: _Text) -> bool:
    """Return True when a retraction follows within a sentence, or precedes what "was"."""
    return any(
        _sentences_between(hit, retraction, text) <= 1
        if hit.end_word <= retraction.start_word
        else _is_retracted_before(hit, retraction, text)
        for retraction in text.retractions
    )


def _sentences_between(hit: Hit, retraction: Hit, text: _Text) -> int:
    return sum(hit.start_word < begin <= retraction.start_word for begin in text.sentences)


def _is_retracted_before(hit: Hit, retraction: Hit, text: _Text) -> bool:
    """Return True when a hit overlaps a retraction, or follows it in the past tense.

    Both must stand in one sentence.
    """
    if any(retraction.start_word < begin <= hit.start_word for begin in text.sentences):
        return False
    between = text.words[retraction.end_word : hit.start_word]
    return hit.start_word < retraction.end_word or not lexicon.PAST.isdisjoint(between)
