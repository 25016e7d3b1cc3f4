"""Training samples: the features and the weight of each labelled text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.catalogue import Catalogue, Jurisdiction
from shared.catalogue.judgement import read_text
from shared.text_matching import condition_facts, extract_features
from workbench.evaluation.text_model.real_reports import Class, ReportLabel
from workbench.evaluation.text_model.texts import LabelledText, UnfitTextsError

_CLASSES: Mapping[str, Class] = {
    "emergency": "E",
    "urgent": "U",
    "routine": "R",
    "harmless": "R",
}
_WEIGHT_OF_MADE_UP = 0.3
_WEIGHT_OF_UNCLEAR = 0.5  # another label would be as fair


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """A labelled text as the training sees it.

    Attributes:
        features: Features of its words and conditions.
        source: Who wrote it; real reports that nearly repeat each other are one source.
        weight: How much it counts, 0 to 1.
        report: Its label as a real report; None for a made-up text.
    """

    language: str
    label: Class
    features: frozenset[str]
    source: str
    weight: float
    report: ReportLabel | None = None


class FeatureReader:
    """Reads the features of texts that every city of a catalogue knows."""

    def __init__(self, catalogue: Catalogue) -> None:
        cities = list(catalogue.jurisdictions.values())
        self._city: Jurisdiction = cities[0]
        self._common = frozenset.intersection(*(frozenset(c.conditions) for c in cities))

    def features(self, text: str) -> frozenset[str]:
        """Return the features of a text, without conditions that only some cities have."""
        read = read_text(text, self._city)
        facts = condition_facts(
            [code for code in read.affirmed if code in self._common], read.denied & self._common
        )
        return frozenset(extract_features(read.words).union(facts))

    def made_up(self, texts: Iterable[LabelledText]) -> list[TrainingSample]:
        """Return the samples of made-up texts."""
        return [
            TrainingSample(
                text.language,
                _CLASSES[text.label],
                self.features(text.text),
                text.source,
                _WEIGHT_OF_MADE_UP,
            )
            for text in texts
        ]

    def real(self, labels: Sequence[ReportLabel], texts: Mapping[str, str]) -> list[TrainingSample]:
        """Return the samples of real reports.

        Raises:
            UnfitTextsError: Texts are missing; it says how many.
        """
        missing = [label.id for label in labels if label.id not in texts]
        if missing:
            raise UnfitTextsError(f"{len(missing):,} labelled reports have no text: {missing[0]} …")
        return [
            TrainingSample(
                label.language,
                label.label,
                self.features(texts[label.id]),
                label.group,
                _WEIGHT_OF_UNCLEAR if label.second else 1.0,
                label,
            )
            for label in labels
        ]
