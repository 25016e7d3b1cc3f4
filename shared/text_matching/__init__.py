"""Finds known phrases in what people write."""

from shared.text_matching.folding import fold
from shared.text_matching.index import Hit, PhraseIndex
from shared.text_matching.linear_model import (
    FeatureWeights,
    LinearModel,
    TextScore,
    features_in,
    parts,
)
from shared.text_matching.negation import Spans, affirmed, affirmed_of
from shared.text_matching.notation import expand_families, families_named, parse_pattern

__all__ = [
    "FeatureWeights",
    "Hit",
    "LinearModel",
    "PhraseIndex",
    "Spans",
    "TextScore",
    "affirmed",
    "affirmed_of",
    "expand_families",
    "families_named",
    "features_in",
    "fold",
    "parse_pattern",
    "parts",
]
