"""Text matching: phrase patterns, negation and a linear text model."""

from shared.text_matching.folding import fold, limit_marks
from shared.text_matching.index import CompiledPhrases, Hit, PhraseIndex
from shared.text_matching.linear_model import (
    EVIDENCE_GAP,
    NO_MODEL,
    FeatureWeights,
    LabelScore,
    LinearModel,
    ModelFigures,
    TextModel,
    TextScore,
    WeightsByLanguage,
    condition_facts,
    decode_model,
    encode_model,
    extract_features,
    is_word,
)
from shared.text_matching.negation import PhraseRoles, filter_affirmed
from shared.text_matching.notation import expand_families, families_named, parse_pattern

__all__ = [
    "EVIDENCE_GAP",
    "NO_MODEL",
    "CompiledPhrases",
    "FeatureWeights",
    "Hit",
    "LabelScore",
    "LinearModel",
    "ModelFigures",
    "PhraseIndex",
    "PhraseRoles",
    "TextModel",
    "TextScore",
    "WeightsByLanguage",
    "condition_facts",
    "decode_model",
    "encode_model",
    "expand_families",
    "extract_features",
    "families_named",
    "filter_affirmed",
    "fold",
    "is_word",
    "limit_marks",
    "parse_pattern",
]
