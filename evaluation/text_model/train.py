"""Trains the text model of the catalogue from labelled texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.text_model.texts import LabelledText, UnfitTextsError, read_texts
from shared.text_matching import ModelFigures, WeightsByLanguage, encode_model

_LABELS: Mapping[str, tuple[frozenset[str], float]] = {
    "sounds_dangerous": (frozenset({"emergency"}), 0.5),
    "sounds_urgent": (frozenset({"emergency", "urgent"}), 1.0),
}
"""Labels of texts by condition, and the share of the permitted false alarms.

Emergencies get half, because advice to call 911 in error costs more.
"""
_MIN_SOURCES = 3  # one is left out by cross-validation, and a feature needs two writers


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained text model.

    Attributes:
        weights: Weights by condition and language.
        figures: Performance on unknown writers, by condition and language.
        texts: Number of training texts.
    """

    weights: WeightsByLanguage
    figures: Mapping[str, Mapping[str, ModelFigures]]
    texts: int

    def encode(self) -> bytes:
        """Return the catalogue's model file."""
        return encode_model(self.weights, self.figures, self.texts)


def train_from(files: Iterable[Path], max_false_alarms: float) -> TrainedModel:
    """Train a model for danger and urgency in each language of the texts.

    Args:
        files: JSON Lines of labelled texts, one file per writer.
        max_false_alarms: Fraction, 0 to 1, of routine and harmless texts that may be found urgent;
            half as many may be found dangerous.

    Raises:
        UnfitTextsError: The texts are unfit for training; it says why.
    """
    try:
        from evaluation.text_model.fitting import fit  # noqa: PLC0415 - optional
    except ImportError:
        raise UnfitTextsError(
            "scikit-learn is missing, which services do without: install route311[learn]"
        ) from None
    texts = read_texts(files)
    by_language: dict[str, list[LabelledText]] = {
        language: [text for text in texts if text.language == language]
        for language in sorted({text.language for text in texts})
    }
    for language, of_one in by_language.items():
        if len({text.source for text in of_one}) < _MIN_SOURCES:
            raise UnfitTextsError(f"{language}: texts of three files at least are needed")
    fitted = {
        condition: {
            language: fit(of_one, positive, max_false_alarms * share)
            for language, of_one in by_language.items()
        }
        for condition, (positive, share) in _LABELS.items()
    }
    return TrainedModel(
        {code: {lang: one[0] for lang, one in of.items()} for code, of in fitted.items()},
        {code: {lang: one[1] for lang, one in of.items()} for code, of in fitted.items()},
        len(texts),
    )
