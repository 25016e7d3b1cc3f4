"""Search for kinds by words that a person writes to find one."""

from collections import defaultdict
from collections.abc import Sequence

from services.intake.rules.classification import keyword_kinds, likely_kinds
from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.judgement import read_text
from shared.text_matching import fold

MAX_FOUND = 8
_LEAST = 0.01  # probability


def search_kinds(text: str, city: Jurisdiction) -> Sequence[ServiceType]:
    """Return the kinds that a text may mean, the likeliest first, at most eight.

    A kind counts by its name, whose words may be written in part, by its keywords, and by the text
    model.
    """
    read = read_text(text, city)
    scores = defaultdict[str, float](float)
    for kind in (*keyword_kinds(read.words, city), *likely_kinds(read, city)):
        if kind.probability >= _LEAST:
            scores[kind.code] += kind.probability
    for service in city.services.values():
        if read.words and _is_named(service, read.words):
            scores[service.code] += 1
    scores.pop(city.other_code, None)
    order = sorted(scores, key=lambda code: (-scores[code], code))
    return [city.services[code] for code in order[:MAX_FOUND]]


def _is_named(service: ServiceType, words: Sequence[str]) -> bool:
    return any(
        all(any(part.startswith(word) for part in fold(name).split()) for word in words)
        for name in (service.name.en, service.name.es)
    )
