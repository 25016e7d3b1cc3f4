"""Text matching: phrase patterns, negation and a linear text model."""

from shared.text_matching.features import condition_facts, extract_features, is_word
from shared.text_matching.folding import fold, limit_marks
from shared.text_matching.index import CompiledPhrases, Hit, PhraseIndex
from shared.text_matching.negation import PhraseRoles, filter_affirmed
from shared.text_matching.notation import expand_families, families_named, parse_pattern
from shared.text_matching.scores import EVIDENCE_GAP, KindProbability, UrgencyScore, urgency_head
from shared.text_matching.stem_patterns import StemEntry, StemPatterns, stem_patterns
from shared.text_matching.trained_model import TrainedModel

__all__ = [
    "EVIDENCE_GAP",
    "CompiledPhrases",
    "Hit",
    "KindProbability",
    "PhraseIndex",
    "PhraseRoles",
    "StemEntry",
    "StemPatterns",
    "TrainedModel",
    "UrgencyScore",
    "condition_facts",
    "expand_families",
    "extract_features",
    "families_named",
    "filter_affirmed",
    "fold",
    "is_word",
    "limit_marks",
    "parse_pattern",
    "stem_patterns",
    "urgency_head",
]
