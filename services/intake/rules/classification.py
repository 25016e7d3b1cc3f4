"""Classification: the likely kinds of a text, its service code, and the search for a kind."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.judgement import TextConditions, read_text
from shared.text_matching import Hit, KindProbability, fold

MAX_KINDS = 5
MAX_FOUND = 8
_LEAST_FOUND = 0.01  # probability of a kind that a search finds
_CACHED_NAMES = 2_000
_MAX_UNKNOWN = 3  # words for each known word or pair


def likely_kinds(read: TextConditions, city: Jurisdiction) -> Sequence[KindProbability]:
    """Return the city's likeliest kinds of a text, at most five.

    The probability that no kind fits is left out, so that the sum is less than 1. A city whose
    kinds the text model does not know has those of its keywords.
    """
    first = _as_guessed(read.score.kinds(MAX_KINDS + 1), read, city)
    kinds = [kind for kind in first if kind.code in city.services and kind.code != city.other_code]
    if not kinds:
        return keyword_kinds(read.words, city)[:MAX_KINDS]
    return kinds[:MAX_KINDS] if _MAX_UNKNOWN * read.score.known_words >= len(read.words) > 0 else ()


def _as_guessed(
    kinds: Sequence[KindProbability], read: TextConditions, city: Jurisdiction
) -> Sequence[KindProbability]:
    """Add the probability of each kind to the kind that its rule names instead."""
    instead = {
        kind.code: service.guess.kind
        for kind in kinds
        if (service := city.services.get(kind.code)) and service.guess
        if service.guess.fits(read.affirmed, read.denied)
    }
    if not instead:
        return kinds
    shares = defaultdict[str, float](float)
    for kind in kinds:
        shares[instead.get(kind.code, kind.code)] += kind.probability
    order = sorted(shares, key=lambda code: -shares[code])
    return [KindProbability(code, round(shares[code], 3)) for code in order]


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


def _outer_keywords(words: Sequence[str], city: Jurisdiction) -> Iterator[Hit]:
    """Yield the keywords that lie inside no longer one."""
    outer, reached = (0, 0), 0
    hits = city.keywords.find(" ".join(words))
    for hit in sorted(hits, key=lambda hit: (hit.start_word, -hit.end_word)):
        if hit.end_word > reached or (hit.start_word, hit.end_word) == outer:
            outer, reached = (hit.start_word, hit.end_word), max(reached, hit.end_word)
            yield hit


def search_kinds(text: str, city: Jurisdiction) -> Sequence[ServiceType]:
    """Return the kinds that a person may look for, the likeliest first, at most eight.

    A kind counts by its name, whose words may be written in part, by its keywords, and by the text
    model.
    """
    read = read_text(text, city)
    scores = defaultdict[str, float](float)
    for kind in (*keyword_kinds(read.words, city), *likely_kinds(read, city)):
        if kind.probability >= _LEAST_FOUND:
            scores[kind.code] += kind.probability
    for service in city.services.values():
        if read.words and _is_named(service, read.words):
            scores[service.code] += 1
    scores.pop(city.other_code, None)
    order = sorted(scores, key=lambda code: (-scores[code], code))
    return [city.services[code] for code in order[:MAX_FOUND]]


def _is_named(service: ServiceType, words: Sequence[str]) -> bool:
    return any(
        all(any(part.startswith(word) for part in parts) for word in words)
        for parts in (_name_parts(service.name.en), _name_parts(service.name.es))
    )


@lru_cache(_CACHED_NAMES)
def _name_parts(name: str) -> Collection[str]:
    return fold(name).split()
