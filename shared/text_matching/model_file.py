"""File format of the text model: JSON, plain or compressed with gzip."""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.text_matching.linear_model import FeatureWeights, LinearModel

_FORMAT = 2
_GZIP = b"\x1f\x8b"
_VERSION_DIGITS = 12

WeightsByLanguage: TypeAlias = Mapping[str, Mapping[str, FeatureWeights]]
"""Weights by label and language."""


class ModelFigures(BaseModel):
    """Cross-validated performance on real reports, as fractions from 0 to 1.

    Attributes:
        recall: Texts with the label that are found.
        false_alarms: Routine reports of a random sample that are found.
    """

    model_config = ConfigDict(frozen=True)

    recall: float
    false_alarms: float


class _Weights(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bias: int
    levels: dict[int, int] = Field(default_factory=dict)
    figures: ModelFigures | None = None
    weights: dict[str, int] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal[2]
    texts: int = 0
    labels: dict[str, dict[str, _Weights]]


@dataclass(frozen=True, eq=False)
class TextModel:
    """A trained text model; ``version`` begins the SHA-256 of its uncompressed JSON."""

    version: str
    weights: WeightsByLanguage

    @cached_property
    def linear(self) -> LinearModel:
        """The model that scores texts, built on first use."""
        return LinearModel(
            (label, language, weights)
            for label, by_language in self.weights.items()
            for language, weights in by_language.items()
        )


NO_MODEL = TextModel("", {})


def decode_model(data: bytes) -> TextModel:
    """Parse a model file; ValueError names the first invalid field."""
    try:
        text = gzip.decompress(data) if data.startswith(_GZIP) else data
        file = _File.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(f"{field}: {first['msg']}" if field else first["msg"]) from None
    except (OSError, EOFError, zlib.error):
        raise ValueError("this is no file compressed with gzip") from None
    weights = {
        label: {
            language: FeatureWeights(one.bias, one.weights, one.levels)
            for language, one in by_language.items()
        }
        for label, by_language in file.labels.items()
    }
    return TextModel(sha256(text).hexdigest()[:_VERSION_DIGITS], weights)


def _rounded(figures: ModelFigures) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.model_dump().items()}


def encode_model(
    weights: WeightsByLanguage, figures: Mapping[str, Mapping[str, ModelFigures]], texts: int
) -> bytes:
    """Return the compressed file of a model; the same model gives the same bytes."""
    labels = {
        label: {
            language: {
                "bias": one.bias,
                "levels": dict(sorted(one.levels.items())),
                "figures": _rounded(figures[label][language]),
                "weights": dict(sorted(one.weights.items())),
            }
            for language, one in by_language.items()
        }
        for label, by_language in weights.items()
    }
    file = {"format": _FORMAT, "texts": texts, "labels": labels}
    text = json.dumps(file, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)
