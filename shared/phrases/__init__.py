"""Finds known phrases in what people write."""

from shared.phrases.folding import fold
from shared.phrases.index import Hit, PhraseIndex
from shared.phrases.wording import read_wording

__all__ = ["Hit", "PhraseIndex", "fold", "read_wording"]
