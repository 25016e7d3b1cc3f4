"""Doubt about phrases: the other words of a text speak against the danger that a phrase states."""

from collections.abc import Iterable

from shared.catalogue.jurisdiction import Jurisdiction
from shared.text_matching import TextScore


def doubted_conditions(
    stated: Iterable[str], folded: str, city: Jurisdiction, score: TextScore | None = None
) -> frozenset[str]:
    """Return the stated conditions that the city's linear model rejects for the same text.

    A model that rejects its own condition casts doubt on every condition of the same sort of
    danger. The text is scored only when such a condition is stated.

    Args:
        stated: Codes of the conditions that phrases of the text affirm.
        folded: The text, folded by ``shared.text_matching.fold``.
        city: Jurisdiction with the conditions and the linear model.
        score: Score of the text by ``city.text_model``; None to compute it when needed.
    """
    codes = frozenset(stated)
    if all(codes.isdisjoint(kin) for kin in city.related_conditions.values()):
        return frozenset()
    rejected = (score or city.text_model.score(folded)).denied()
    return codes.intersection(code for model in rejected for code in city.related_conditions[model])
