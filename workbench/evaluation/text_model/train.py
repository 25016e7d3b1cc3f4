"""Trains the text model of the catalogue from labelled texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shared.catalogue import Catalogue
from shared.catalogue.judgement import DANGER, URGENT
from shared.text_matching import ModelFigures, WeightsByLanguage, encode_model
from workbench.evaluation.text_model.real_reports import read_labels, read_report_texts
from workbench.evaluation.text_model.samples import FeatureReader, TrainingSample
from workbench.evaluation.text_model.texts import UnfitTextsError, read_texts

_MIN_RANDOM = 5  # routine reports, to set a threshold by


class _Label(NamedTuple):
    """The classes that a label finds, and the share of routine reports found in error, 0 to 1."""

    classes: frozenset[str]
    false_alarms: float
    has_levels: bool


_LABELS: Mapping[str, _Label] = {
    DANGER: _Label(frozenset("E"), 0.005, has_levels=False),
    URGENT: _Label(frozenset("EU"), 0.06, has_levels=True),
}


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained text model.

    Attributes:
        weights: Weights by condition and language.
        figures: Performance on unknown reports, by condition and language.
    """

    weights: WeightsByLanguage
    figures: Mapping[str, Mapping[str, ModelFigures]]
    texts: int

    def encode(self) -> bytes:
        """Return the catalogue's model file."""
        return encode_model(self.weights, self.figures, self.texts)


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """The labelled texts to train on.

    Attributes:
        made_up: JSON Lines of made-up texts, one file per writer.
        labels: Files with labels of real reports; a later file overrides an earlier one.
        reports: Folder with the texts of the real reports.
    """

    made_up: Sequence[Path]
    labels: Sequence[Path]
    reports: Path


def train_from(files: TrainingFiles, catalogue: Catalogue) -> TrainedModel:
    """Train a model for danger and urgency in each language of the real reports.

    Raises:
        UnfitTextsError: The texts are unfit for training; it says why.
    """
    try:
        from workbench.evaluation.text_model.fitting import fit  # noqa: PLC0415 - optional
    except ImportError:
        raise UnfitTextsError(
            "scikit-learn is missing, which services do without: install route311[learn]"
        ) from None
    samples = _samples(files, FeatureReader(catalogue))
    by_language = _by_language(samples)
    fitted = {
        condition: {
            language: fit(of_one, label.classes, label.false_alarms, has_levels=label.has_levels)
            for language, of_one in by_language.items()
        }
        for condition, label in _LABELS.items()
    }
    return TrainedModel(
        {code: {lang: one.weights for lang, one in of.items()} for code, of in fitted.items()},
        {code: {lang: one.figures for lang, one in of.items()} for code, of in fitted.items()},
        len(samples),
    )


def _samples(files: TrainingFiles, reader: FeatureReader) -> Sequence[TrainingSample]:
    made_up = read_texts(files.made_up)
    by_id = {label.id: label for file in files.labels for label in read_labels(file)}
    labels = [label for label in by_id.values() if label.part == "train"]
    return [*reader.made_up(made_up), *reader.real(labels, read_report_texts(files.reports))]


def _by_language(samples: Iterable[TrainingSample]) -> Mapping[str, Sequence[TrainingSample]]:
    """Return the samples of each language that has real reports.

    Raises:
        UnfitTextsError: A language has too few routine reports of a random sample.
    """
    by_language: dict[str, list[TrainingSample]] = {}
    for sample in samples:
        by_language.setdefault(sample.language, []).append(sample)
    for language, of_one in by_language.items():
        reports = [sample.report for sample in of_one if sample.report is not None]
        routine = [report for report in reports if report.sample == "random" and report.is_routine]
        if len(routine) < _MIN_RANDOM:
            raise UnfitTextsError(
                f"{language}: {len(routine)} routine reports of a random sample; the threshold "
                f"needs {_MIN_RANDOM}"
            )
    return dict(sorted(by_language.items()))
