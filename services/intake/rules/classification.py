"""Which kind of request a text speaks of, when nobody named it."""

from collections import Counter
from collections.abc import Sequence

from shared.catalogue import Jurisdiction
from shared.text_matching import Hit, find_affirmed

_WORDS_OF_A_CONDITION = 3
"""How many words of keywords a condition is worth that tells of a kind."""


def classify(text: str, city: Jurisdiction) -> str:
    """Return the code of the kind that the text names best, or the city's kind for all the rest.

    Each keyword counts by its words, once. One that lies inside a longer one says nothing of its
    own: "hole in sidewalk" is no "hole". Conditions that tell of a kind count too, and a kind that
    is an emergency by itself is named by them alone. What the text denies does not count. With two
    kinds equally far ahead none is meant.

    Args:
        text: As it was written.
        city: Whose kinds they are; the keywords of its kind for all the rest do not count.
    """
    stated = {
        hit.code for hit in find_affirmed(text, city.phrases, city.phrase_roles)
    } & city.implied_kinds.keys()
    told = [code for condition in stated for code in city.implied_kinds[condition]]
    score = Counter({code: told.count(code) * _WORDS_OF_A_CONDITION for code in told})
    hits = [hit for hit in find_affirmed(text, city.keywords) if hit.code != city.other_code]
    for code, phrase in {(h.code, h.phrase) for h in hits if not _inside_a_longer(h, hits)}:
        if city.services[code].emergency is None or code in told:
            score[code] += phrase.count(" ") + 1
    match score.most_common(2):
        case [(code, _)]:
            return code
        case [(code, best), (_, second)] if best > second:
            return code
        case _:
            return city.other_code


def _inside_a_longer(hit: Hit, hits: Sequence[Hit]) -> bool:
    return any(
        other.start_word <= hit.start_word
        and hit.end_word <= other.end_word
        and hit.end_word - hit.start_word < other.end_word - other.start_word
        for other in hits
    )
