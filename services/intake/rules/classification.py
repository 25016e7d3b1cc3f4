"""Which kind of request a text speaks of, when nobody named it."""

from collections import Counter
from collections.abc import Sequence

from shared.phrases import Hit, PhraseIndex


def classify(folded: str, keywords: PhraseIndex, *, other: str) -> str:
    """Return the code of the kind that the text names best, or ``other`` when that is not clear.

    Each keyword counts by its words, once. One that lies inside a longer one says nothing of its
    own: "hole in sidewalk" is no "hole". With two kinds equally far ahead none is meant.

    Args:
        folded: The text, as ``shared.phrases.fold`` makes it.
        keywords: The words by which people name the kinds.
        other: The kind for what fits no other; its own keywords do not count.
    """
    hits = [hit for hit in keywords.find(folded) if hit.code != other]
    named = {(hit.code, hit.phrase) for hit in hits if not _inside_a_longer(hit, hits)}
    score: Counter[str] = Counter()
    for code, phrase in named:
        score[code] += phrase.count(" ") + 1
    match score.most_common(2):
        case [(code, _)]:
            return code
        case [(code, best), (_, second)] if best > second:
            return code
        case _:
            return other


def _inside_a_longer(hit: Hit, hits: Sequence[Hit]) -> bool:
    return any(
        other.start_word <= hit.start_word
        and hit.end_word <= other.end_word
        and hit.end_word - hit.start_word < other.end_word - other.start_word
        for other in hits
    )
