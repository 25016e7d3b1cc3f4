"""Finds known phrases in what people write."""

from shared.phrases.folding import fold
from shared.phrases.index import Hit, PhraseIndex
from shared.phrases.negation import Spans, affirmed
from shared.phrases.wording import families_in, read_wording, with_families

__all__ = [
    "Hit",
    "PhraseIndex",
    "Spans",
    "affirmed",
    "families_in",
    "fold",
    "read_wording",
    "with_families",
]
