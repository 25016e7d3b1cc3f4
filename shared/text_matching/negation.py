"""Negation: removes the phrases that a text denies, retracts or only supposes.

A heuristic on words that errs on the side of danger: a phrase counts unless it is clearly denied.
Punctuation and words such as "and" or "but" end the reach of a negation.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import itemgetter

from shared.text_matching import negation_lexicon as lexicon
from shared.text_matching.folding import fold
from shared.text_matching.index import Hit

_REACH = 4  # words between a negation and what it denies, at most

_BOUNDARIES = re.compile(r"([.!?;:\n\u2026]+)|[,()\u2013\u2014]+|\s-+\s")


class _Text:
    """A folded text with the word indexes of its boundaries, each in ascending order.

    Attributes:
        idle: Starts of phrases that look like a negation and deny nothing.
        ends: Statements that something past is over.
        verbs: Verbs in the past tense.
        again: Words for a continuing problem.
    """

    def __init__(
        self, text: str, words: Sequence[str], ends: Sequence[int], idle: Collection[int]
    ) -> None:
        clauses, sentences = _boundaries(text, words)
        self.words = words
        self.clause_begins = frozenset(clauses)
        self.sentence_begins = frozenset(sentences)
        self.clauses = sorted(clauses)
        self.sentences = sorted(sentences)
        self.idle = idle
        self.ends = ends
        self.verbs = [i for i, word in enumerate(words) if word in lexicon.PAST]
        self.again = [i for i, word in enumerate(words) if word in lexicon.AGAIN]

    def clause(self, word: int) -> tuple[int, int]:
        return _bounds(word, self.clauses, len(self.words))

    def sentence(self, word: int) -> tuple[int, int]:
        return _bounds(word, self.sentences, len(self.words))


class _Retractions:
    """The retractions of a text by their first words, in ascending order.

    Attributes:
        ends: For each, the smallest and largest end of those that precede it in its sentence, and
            of itself.
    """

    def __init__(self, hits: Sequence[Hit], text: _Text) -> None:
        self.hits = frozenset(hits)
        in_order = sorted(hits, key=itemgetter(2))
        self.starts = [hit.start_word for hit in in_order]
        self.ends: list[tuple[int, int]] = []
        last_sentence = -1
        for hit in in_order:
            sentence, _ = text.sentence(hit.start_word)
            least, most = self.ends[-1] if sentence == last_sentence else (hit.end_word, 0)
            self.ends.append((min(least, hit.end_word), max(most, hit.end_word)))
            last_sentence = sentence


@dataclass(frozen=True, slots=True)
class PhraseRoles:
    """Codes of phrases that change how other phrases of a text count; see ``Condition``.

    Attributes:
        events: Codes of phrases about events, which ``past`` and ``hypothetical`` cancel.
    """

    retracting: Collection[str] = frozenset()
    persistent: Collection[str] = frozenset()
    past: AbstractSet[str] = frozenset()
    hypothetical: AbstractSet[str] = frozenset()
    events: Collection[str] = frozenset()


NO_ROLES = PhraseRoles()


def filter_affirmed(
    hits: list[Hit], text: str, folded: str, roles: PhraseRoles = NO_ROLES
) -> list[Hit]:
    """Return the phrases of a text that it does not deny; punctuation bounds clauses."""
    if not hits:
        return hits
    words = folded.split()
    retractions = [hit for hit in hits if hit.code in roles.retracting]
    pasts = [hit.start_word for hit in hits if hit.code in roles.past]
    suppositions = [hit.start_word for hit in hits if hit.code in roles.hypothetical]
    can_end = not lexicon.PAST.isdisjoint(words)
    ends = [hit.start_word for hit in lexicon.OVER.find(folded)] if can_end else []
    is_plain = not (ends or retractions or pasts or suppositions)
    if is_plain and not any(_may_be_denied(hit, words) for hit in hits):
        return hits
    idle = {hit.start_word for hit in lexicon.DENYING_NOTHING.find(folded)}
    parsed = _Text(text, words, ends, idle)
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
    remaining = frozenset(kept)
    final = [hit for hit in retractions if hit in remaining and _is_final(hit, parsed)]
    found = _Retractions(final, parsed)
    return [hit for hit in kept if _survives_retractions(hit, found, parsed, roles)]


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


def _bounds(word: int, begins: Sequence[int], length: int) -> tuple[int, int]:
    after = bisect_right(begins, word)
    return begins[after - 1], begins[after] if after < len(begins) else length


def _any_between(words: Sequence[int], begin: int, end: int) -> bool:
    """Return True when one of the ascending word indexes is at least ``begin`` and below ``end``.

    Each lookup takes logarithmic time, so that a text full of phrases takes no quadratic time.
    """
    first = bisect_left(words, begin)
    return first < len(words) and words[first] < end


def _may_be_denied(hit: Hit, words: Sequence[str]) -> bool:
    before = words[max(0, hit.start_word - 1 - _REACH) : hit.start_word]
    return not lexicon.DENYING.isdisjoint(before)


def _is_denied(hit: Hit, text: _Text) -> bool:
    for i in range(hit.start_word - 1, max(-1, hit.start_word - 2 - _REACH), -1):
        if i + 1 in text.clause_begins:
            return False
        if text.words[i] in lexicon.DENYING and i not in text.idle:
            return True
    return False


def _is_past(hit: Hit, pasts: Sequence[int], text: _Text) -> bool:
    """Return True when the clause, or a short introductory clause before it, is about long ago."""
    begin, end = text.clause(hit.start_word)
    earlier = bisect_left(text.clauses, begin)
    before = text.clauses[earlier - 1] if earlier else begin
    is_second = before in text.sentence_begins and begin not in text.sentence_begins
    since = before if is_second and begin - before <= _REACH else begin
    return not _any_between(text.again, begin, end) and _any_between(pasts, since, end)


def _is_supposed(hit: Hit, suppositions: Sequence[int], text: _Text) -> bool:
    return _any_between(suppositions, *text.sentence(hit.start_word))


def _is_over(hit: Hit, text: _Text) -> bool:
    """Return True when the sentence puts the phrase in the past and states that it is over."""
    start = hit.start_word
    begin, end = text.sentence(start)
    if not _any_between(text.verbs, max(begin, start - _REACH), start):
        return False
    return _any_between(text.ends, hit.end_word, end)


def _survives_retractions(
    hit: Hit, retractions: _Retractions, text: _Text, roles: PhraseRoles
) -> bool:
    if hit.code in roles.retracting:
        return hit in retractions.hits
    return hit.code in roles.persistent or not _is_retracted(hit, retractions, text)


def _is_final(retraction: Hit, text: _Text) -> bool:
    """Return True when nothing after the retraction indicates a continuing problem."""
    return not _any_between(text.again, retraction.end_word, len(text.words))


def _is_retracted(hit: Hit, retractions: _Retractions, text: _Text) -> bool:
    """Return True when a retraction follows within a sentence, or precedes a past tense.

    Of those that follow, the first is the nearest.
    """
    starts = retractions.starts
    if _any_between(starts, hit.start_word, hit.end_word):
        return True
    following = bisect_left(starts, hit.end_word)
    if following < len(starts):
        between = bisect_right(text.sentences, starts[following])
        if between - bisect_right(text.sentences, hit.start_word) <= 1:
            return True
    return _is_retracted_before(hit, retractions, text)


def _is_retracted_before(hit: Hit, retractions: _Retractions, text: _Text) -> bool:
    """Return True when a hit overlaps an earlier retraction of its sentence, or is in the past."""
    last = bisect_left(retractions.starts, hit.start_word) - 1
    begin, _ = text.sentence(hit.start_word)
    if last < 0 or retractions.starts[last] < begin:
        return False
    least_end, most_end = retractions.ends[last]
    return hit.start_word < most_end or _any_between(text.verbs, least_end, hit.start_word)
