"""Training samples: the features and the labels of each text."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.catalogue import Catalogue, Jurisdiction
from shared.catalogue.judgement import read_text
from shared.text_matching import condition_facts, extract_features
from workbench.evaluation.text_model.real_reports import Class, KindLabel, ReportLabel
from workbench.evaluation.text_model.texts import LabelledText, UnfitTextsError

_CLASSES: Mapping[str, Class] = {
    "emergency": "E",
    "urgent": "U",
    "routine": "R",
    "harmless": "R",
}


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """A labelled text as the training sees it.

    Attributes:
        label: Its urgency; None without a label.
        features: Features of its words and conditions.
        source: Who wrote it; real reports that nearly repeat each other are one source.
        report: Its label of urgency as a real report; None without one.
        kinds: Service codes that fit, the best first.
        dangers: Classes of danger; None without a label.
        is_real: False for a made-up text.
        calibrates: True for a text that calibrates the probabilities and trains nothing.
    """

    language: str
    label: Class | None
    features: frozenset[str]
    source: str
    report: ReportLabel | None = None
    kinds: tuple[str, ...] = ()
    dangers: frozenset[str] | None = None
    is_real: bool = True
    calibrates: bool = False


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
        """Return the samples of made-up texts.

        Where one writer wrote all texts of a language, each counts as a writer's own: a feature
        needs two.
        """
        texts = list(texts)
        writers = {(text.language, text.source) for text in texts}
        languages = Counter(language for language, _ in writers)
        return [
            TrainingSample(
                text.language,
                _CLASSES[text.label] if text.label else None,
                self.features(text.text),
                text.source if languages[text.language] > 1 else text.text,
                kinds=tuple(filter(None, text.kinds.split("/"))),
                dangers=None if text.dangers is None else frozenset(text.dangers),
                is_real=False,
                calibrates=text.part == "calibrate",
            )
            for text in texts
        ]

    def real(
        self, labels: Sequence[ReportLabel], kinds: Sequence[KindLabel], texts: Mapping[str, str]
    ) -> list[TrainingSample]:
        """Return the samples of real reports that have a label.

        Raises:
            UnfitTextsError: Texts are missing; it says how many.
        """
        of_urgency = {label.id: label for label in labels}
        of_kind = {label.id: label for label in kinds}
        ids = sorted(of_urgency.keys() | of_kind.keys())
        if missing := [id_ for id_ in ids if id_ not in texts]:
            raise UnfitTextsError(f"{len(missing):,} labelled reports have no text: {missing[0]} …")
        return [self._real(of_urgency.get(id_), of_kind.get(id_), texts[id_]) for id_ in ids]

    def _real(
        self, urgency: ReportLabel | None, kind: KindLabel | None, text: str
    ) -> TrainingSample:
        first = next(label for label in (urgency, kind) if label is not None)
        return TrainingSample(
            first.language,
            urgency.label if urgency else None,
            self.features(text),
            urgency.group if urgency else first.id,
            urgency,
            kinds=kind.codes if kind else (),
            dangers=kind.classes if kind else None,
            calibrates=kind is not None and kind.part == "calibrate",
        )
