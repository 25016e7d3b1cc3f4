"""Finds known phrases in what people write."""

from shared.phrases.folding import fold
from shared.phrases.hints import HintIndex, Hints, Weighed, hints_in, parts
from shared.phrases.index import Hit, PhraseIndex
from shared.phrases.negation import Spans, affirmed, affirmed_of
from shared.phrases.wording import families_in, read_wording, with_families

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
