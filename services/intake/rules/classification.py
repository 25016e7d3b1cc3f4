"""Classification: the likely kinds of a text, and its service code when it has none."""

from collections import Counter
from collections.abc import Iterator, Sequence

from shared.catalogue import Jurisdiction
from shared.catalogue.judgement import TextConditions, read_text
from shared.text_matching import Hit, KindProbability

MAX_KINDS = 5
_MAX_UNKNOWN = 3  # words for each known word or pair


def likely_kinds(read: TextConditions, city: Jurisdiction) -> Sequence[KindProbability]:
    """Return the city's likeliest kinds of a text, at most five.

    The probability that no kind fits is left out, so that the sum is less than 1. A city whose
    kinds the text model does not know has those of its keywords.
    """
    first = read.score.kinds(MAX_KINDS + 1)
    kinds = [kind for kind in first if kind.code in city.services and kind.code != city.other_code]
    if not kinds:
        return keyword_kinds(read.words, city)[:MAX_KINDS]
    return kinds[:MAX_KINDS] if _MAX_UNKNOWN * read.score.known_words >= len(read.words) > 0 else ()


def keyword_kinds(words: Sequence[str], city: Jurisdiction) -> Sequence[KindProbability]:
    """Return the kinds whose keywords stand in a text, by their share of the keywords' words.

    A keyword counts once, and not inside a longer one: "hole in sidewalk" is no "hole".
    """
    scores = Counter[str]()
    for code, phrase in {(hit.code, hit.phrase) for hit in _outer_keywords(words, city)}:
        scores[code] += phrase.count(" ") + 1
    del scores[city.other_code]
    total = scores.total()
    order = sorted(scores, key=lambda code: (-scores[code], code))
    return [KindProbability(code, round(scores[code] / total, 3)) for code in order]


def choose_code(kinds: Sequence[KindProbability], city: Jurisdiction) -> str:
    """Return the code of the likeliest kind, or ``city.other_code`` where it is unsure."""
    if kinds and kinds[0].probability >= city.unsure_below:
        return kinds[0].code
    return city.other_code


def classify(text: str, city: Jurisdiction) -> str:
    """Return the service code of a text."""
    return choose_code(likely_kinds(read_text(text, city), city), city)


def _outer_keywords(words: Sequence[str], city: Jurisdiction) -> Iterator[Hit]:
    """Yield the keywords that lie inside no longer one."""
    outer, reached = (0, 0), 0
    hits = city.keywords.find(" ".join(words))
    for hit in sorted(hits, key=lambda hit: (hit.start_word, -hit.end_word)):
        if hit.end_word > reached or (hit.start_word, hit.end_word) == outer:
            outer, reached = (hit.start_word, hit.end_word), max(reached, hit.end_word)
            yield hit
