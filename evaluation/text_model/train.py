"""From labelled texts to the catalogue's file of hints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.text_model.fitted import Fitted
from evaluation.text_model.model_file import hints_file
from evaluation.text_model.texts import LabelledText, UnfitTextsError, read_texts

_MEANT: Mapping[str, tuple[frozenset[str], float]] = {
    "sounds_dangerous": (frozenset({"emergency"}), 0.5),
    "sounds_urgent": (frozenset({"emergency", "urgent"}), 1.0),
}
"""Labels, and the share of the false alarms: a wrong word of 911 costs more."""
_FEWEST_SOURCES = 3  # one is left out, and a word counts that two writers use


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A file of hints, and by condition and language how good they are."""

    text: str
    fitted: Mapping[str, Mapping[str, Fitted]]


def train_from(files: Iterable[Path], at_most: float) -> TrainedModel:
    """Learn hints at danger and at urgency, in each language of the texts.

    Args:
        files: JSON Lines of labelled texts, one file for each writer.
        at_most: Share of routine and harmless texts that may be taken for urgent; half as many
            may be taken for dangers.

    Raises:
        UnfitTextsError: They cannot be learnt from; it says why.
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
        if len({text.source for text in of_one}) < _FEWEST_SOURCES:
            raise UnfitTextsError(f"{language}: texts of three files at least are needed")
    fitted = {
        code: {
            language: fit(of_one, meant, at_most * share)
            for language, of_one in by_language.items()
        }
        for code, (meant, share) in _MEANT.items()
    }
    return TrainedModel(hints_file(fitted, len(texts)), fitted)
