"""Finds known phrases in what people write."""

from shared.text_matching.folding import fold
from shared.text_matching.index import Hit, PhraseIndex
from shared.text_matching.linear_model import HintIndex, Hints, Weighed, hints_in, parts
from shared.text_matching.negation import Spans, affirmed, affirmed_of
from shared.text_matching.notation import families_in, read_wording, with_families

__all__ = [
    "HintIndex",
    "Hints",
    "Hit",
    "PhraseIndex",
    "Spans",
    "Weighed",
    "affirmed",
    "affirmed_of",
    "families_in",
    "fold",
    "hints_in",
    "parts",
    "read_wording",
    "with_families",
]
