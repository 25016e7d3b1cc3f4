"""Classification: the service code of a text without one."""

from collections import Counter
from collections.abc import Sequence

from shared.catalogue import Jurisdiction
from shared.catalogue.judgement import TextConditions, judge_read, read_text
from shared.text_matching import Hit, filter_affirmed

# Score of a condition that implies a kind, in words of keywords.
_WEIGHT_OF_CONDITION = 3


def classify(text: str, city: Jurisdiction) -> str:
    """Return the code of the kind with the highest score, or ``city.other_code`` without one.

    Each keyword scores its number of words, once. A keyword inside a longer one does not count:
    "hole in sidewalk" is no "hole". A condition that implies a kind scores as well, and it alone
    can score for a kind that is an emergency by itself. What the text denies, and a condition that
    the other words of the text speak against, does not count. A tie has no winner.
    """
    return classify_read(text, read_text(text, city), city)


def classify_read(text: str, read: TextConditions, city: Jurisdiction) -> str:
    """Classify a text whose conditions are found; see ``classify``."""
    folded = " ".join(read.words)
    implied = _implied_kinds(read, city)
    scores = Counter({code: implied.count(code) * _WEIGHT_OF_CONDITION for code in implied})
    hits = filter_affirmed(city.keywords.find(folded), text, folded)
    hits = [hit for hit in hits if hit.code != city.other_code]
    for code, phrase in {(hit.code, hit.phrase) for hit in _without_inner(hits)}:
        if city.services[code].emergency is None or code in implied:
            scores[code] += phrase.count(" ") + 1
    match scores.most_common(2):
        case [(code, _)]:
            return code
        case [(code, best), (_, second)] if best > second:
            return code
        case _:
            return city.other_code


def _implied_kinds(read: TextConditions, city: Jurisdiction) -> list[str]:
    """Return the kinds that affirmed conditions imply, once for each condition.

    A doubted condition implies no kind that is an emergency by itself, since the kind alone would
    refer the reporter to 911.
    """
    implied = [
        (condition, city.services[code])
        for condition in read.affirmed
        for code in city.implied_kinds.get(condition, ())
    ]
    is_risky = any(kind.emergency is not None for _, kind in implied)
    doubted = judge_read(read, city).doubted if is_risky else {}
    return [
        kind.code
        for condition, kind in implied
        if kind.emergency is None or condition not in doubted
    ]


def _without_inner(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that lie inside no longer one, in time linear in their number but sorting."""
    longest: dict[int, int] = {}
    for hit in hits:
        longest[hit.start_word] = max(longest.get(hit.start_word, 0), hit.end_word)
    outer, reached = set(), 0
    for start, end in sorted(longest.items()):
        if end > reached:
            outer.add((start, end))
            reached = end
    return [hit for hit in hits if (hit.start_word, hit.end_word) in outer]
