"""Trains the text model of the catalogue from labelled texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from shared.catalogue import Catalogue
from shared.text_matching import urgency_head
from shared.text_matching.text_model import LIFE_DANGER, ModelHeads, TextModel, encode_model
from shared.vocabulary import DangerClass
from workbench.evaluation.text_model.real_reports import read_kinds, read_labels, read_report_texts
from workbench.evaluation.text_model.samples import FeatureReader, TrainingSample
from workbench.evaluation.text_model.texts import UnfitTextsError, read_texts

if TYPE_CHECKING:
    from workbench.evaluation.text_model.fitting import FittedHead, FittedKinds

_MIN_RANDOM = 5  # routine reports, to set a threshold by
_MIN_DANGERS = 10  # texts with a class of danger, to learn it
_URGENT_FALSE_ALARMS = 0.06  # share of routine reports
_NOT_TO_LIFE: DangerClass = "road_hazard"
# Shares of random reports, and of made-up texts without the danger, that are found in error.
_ROAD_HAZARDS = (0.02, 0.015)
_LIFE_DANGERS = (0.0015, 0.05)
_OWN_DANGERS = (0.0004, 0.0075)  # of a class that is found though no danger to life is


@dataclass(frozen=True, slots=True)
class TrainedHeads:
    """A trained text model with the fitted heads of dangers and urgency, by their names."""

    model: TextModel
    heads: Mapping[str, "FittedHead"]

    def encode(self) -> bytes:
        """Return the catalogue's model file."""
        return encode_model(self.model)


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """The labelled texts to train on.

    Attributes:
        made_up: JSON Lines of made-up texts, one file per writer.
        labels: Files with the urgency of real reports; a later file overrides an earlier one.
        kinds: Files with the kinds and dangers of real reports, as ``labels``.
        reports: Folder with the texts of the real reports.
    """

    made_up: Sequence[Path]
    labels: Sequence[Path]
    kinds: Sequence[Path]
    reports: Path


def train_from(files: TrainingFiles, catalogue: Catalogue) -> TrainedHeads:
    """Train kinds, dangers, and urgency in each language of the real reports.

    Raises:
        UnfitTextsError: The texts are unfit for training; it says why.
    """
    try:
        from workbench.evaluation.text_model.fitting import (  # noqa: PLC0415 - optional
            DangerLimits,
            TextVectors,
            fit_danger,
            fit_kinds,
            fit_urgency,
        )
    except ImportError:
        raise UnfitTextsError(
            "scikit-learn is missing, which services do without: install route311[learn]"
        ) from None
    samples = _samples(files, FeatureReader(catalogue))
    training = [sample for sample in samples if not sample.calibrates]
    dangers = [name for name in get_args(DangerClass) if _count(training, name) >= _MIN_DANGERS]
    vectors = TextVectors(samples)
    to_life = [name for name in dangers if name != _NOT_TO_LIFE]
    heads = {
        name: fit_danger(
            vectors, [name], DangerLimits(*_OWN_DANGERS if name in to_life else _ROAD_HAZARDS)
        )
        for name in dangers
    }
    own_points = {name: -heads[name].threshold for name in to_life}
    for name in to_life:  # classes are compared without their thresholds
        heads[name] = replace(heads[name], bias=heads[name].bias + heads[name].threshold)
    if to_life:
        heads[LIFE_DANGER] = fit_danger(vectors, to_life, DangerLimits(*_LIFE_DANGERS))
    by_language = _by_language(samples)
    heads |= {
        urgency_head(language): fit_urgency(of_one, _URGENT_FALSE_ALARMS)
        for language, of_one in by_language.items()
    }
    kinds = fit_kinds(vectors) if any(sample.kinds for sample in training) else None
    levels = {language: heads[urgency_head(language)].levels for language in by_language}
    names = ModelHeads(
        kinds=kinds.codes if kinds else (),
        dangers=tuple(dangers),
        to_life=tuple(to_life),
        life_points=heads[LIFE_DANGER].added if to_life else {},
        own_points=own_points,
        languages=tuple(by_language),
        kind_scale=kinds.scale if kinds else 1.0,
        levels=levels,
        texts=len(samples),
    )
    return TrainedHeads(_joined(names, kinds, heads), heads)


def _joined(
    names: ModelHeads, kinds: "FittedKinds | None", heads: Mapping[str, "FittedHead"]
) -> TextModel:
    """Return one model of all heads, over the features of any of them."""
    known = {feature for head in heads.values() for feature in head.weights}
    features = sorted(known.union(kinds.features if kinds else ()))
    rows = {feature: row for row, feature in enumerate(features)}
    first = len(names.kinds)
    weights = np.zeros((len(features), first + len(heads)), np.int8)
    if kinds is not None:
        weights[[rows[feature] for feature in kinds.features], :first] = kinds.weights
    for column, head in enumerate(heads.values(), first):
        for feature, points in head.weights.items():
            weights[rows[feature], column] = max(-127, min(127, points))
    biases = np.array([0] * first + [head.bias for head in heads.values()], np.int64)
    return TextModel(names, tuple(features), weights, biases)


def _samples(files: TrainingFiles, reader: FeatureReader) -> Sequence[TrainingSample]:
    made_up = read_texts(files.made_up)
    labels = {label.id: label for file in files.labels for label in read_labels(file)}
    kinds = {label.id: label for file in files.kinds for label in read_kinds(file)}
    training = [label for label in labels.values() if label.part == "train"]
    of_kind = [label for label in kinds.values() if label.part != "test"]
    texts = read_report_texts(files.reports)
    return [*reader.made_up(made_up), *reader.real(training, of_kind, texts)]


def _count(samples: Iterable[TrainingSample], danger: str) -> int:
    return sum(danger in (sample.dangers or ()) for sample in samples)


def _by_language(samples: Iterable[TrainingSample]) -> Mapping[str, Sequence[TrainingSample]]:
    """Return the samples of each language that has real reports with a judged urgency.

    Raises:
        UnfitTextsError: A language has too few routine reports of a random sample.
    """
    judged = sorted((s for s in samples if s.label is not None), key=lambda s: s.language)
    by_language = {
        language: list(of_one) for language, of_one in groupby(judged, lambda s: s.language)
    }
    for language, of_one in by_language.items():
        reports = [sample.report for sample in of_one if sample.report is not None]
        routine = [report for report in reports if report.sample == "random" and report.is_routine]
        if len(routine) < _MIN_RANDOM:
            raise UnfitTextsError(
                f"{language}: {len(routine)} routine reports of a random sample; the threshold "
                f"needs {_MIN_RANDOM}"
            )
    return by_language
