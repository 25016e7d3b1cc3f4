"""How a city weighs evidence, read from its file."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.catalogue.document import read_document
from shared.catalogue.entries import Duration, Entry, Metres, Text
from shared.catalogue.evidence import (
    MOST_POINTS,
    Accuracy,
    Assets,
    Evidence,
    Extent,
    Limits,
    PlaceholderPoints,
    Slope,
    Thresholds,
    Words,
)
from shared.catalogue.issues import CatalogueError, CatalogueIssue
from shared.catalogue.section import read_entry
from shared.catalogue.units import duration, metres, share
from shared.text_matching import fold

EVIDENCE = "evidence.yaml"
_HOUR = timedelta(hours=1)


def _metres_or_share(text: object) -> tuple[float, bool]:
    return (share(text), True) if str(text).endswith("%") else (metres(text), False)


def _hours_or_share(text: object) -> tuple[float, bool]:
    return (share(text), True) if str(text).endswith("%") else (duration(text) / _HOUR, False)


def _of_one_measure(places: dict[tuple[float, bool], float]) -> dict[tuple[float, bool], float]:
    if len({is_share for figure, is_share in places if figure}) > 1:
        raise ValueError("write shares of the kind's limit throughout, or nowhere")
    if not places:
        raise ValueError("this is empty: fill it in")
    return places


Metric = Annotated[tuple[float, bool], BeforeValidator(_metres_or_share)]
Hourly = Annotated[tuple[float, bool], BeforeValidator(_hours_or_share)]
Share = Annotated[float, BeforeValidator(share)]


class _ThresholdsEntry(Entry):
    start: float
    duplicate: float = Field(ge=0, le=MOST_POINTS)
    possible: float = Field(ge=0, le=MOST_POINTS)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.possible > self.duplicate:
            raise ValueError("possible: write no more points than duplicate asks for")
        return self


class _GroupEntry(Entry):
    start: float
    duplicate: float | None = Field(default=None, ge=0, le=MOST_POINTS)
    possible: float | None = Field(default=None, ge=0, le=MOST_POINTS)


class _AccuracyEntry(Entry):
    trust: dict[Metres, Share] = Field(min_length=1)
    vague: dict[str, Metres] = Field(default_factory=dict)


class _WordsEntry(Entry):
    each: float
    most: float
    common: tuple[Text, ...] = ()


class _AssetsEntry(Entry):
    answers: tuple[Text, ...] = Field(min_length=1)
    same: float
    other: float


class _StandInsEntry(Entry):
    groups: int = Field(ge=2)
    within: Duration


class _LimitsEntry(Entry):
    radius: Metres | None = Field(default=None, gt=0)
    window: Duration | None = Field(default=None, gt=timedelta(0))


class _EvidenceEntry(Entry):
    reach: Metric
    distance: Annotated[dict[Metric, float], AfterValidator(_of_one_measure)]
    no_distance: float
    apart: Annotated[dict[Hourly, float], AfterValidator(_of_one_measure)]
    same_kind: float
    same_street: float
    same_address: float | None = None
    accuracy: _AccuracyEntry | None = None
    same_sender: dict[Metres, float] | None = Field(default=None, min_length=1)
    assets: _AssetsEntry | None = None
    words: _WordsEntry | None = None
    stand_ins: _StandInsEntry | None = None
    default: _ThresholdsEntry
    groups: dict[str, _GroupEntry] = Field(default_factory=dict)
    kinds: dict[str, float] = Field(default_factory=dict)
    limits: dict[str, _LimitsEntry] = Field(default_factory=dict)


def read_evidence(folder: Path) -> Evidence | None:
    """Read how a city weighs evidence; None where it goes by radius and window alone.

    Raises:
        CatalogueError: Something is wrong with the file.
    """
    entry, faults = _read(folder)
    if faults:
        raise CatalogueError(faults)
    return None if entry is None else _evidence(entry)


def evidence_issues(folder: Path) -> list[CatalogueIssue]:
    """Return all that is wrong with how a city weighs evidence."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[_EvidenceEntry | None, list[CatalogueIssue]]:
    path = folder / EVIDENCE
    if not path.exists():
        return None, []
    document = read_document(folder.parent, path)
    entry, faults = read_entry(_EvidenceEntry, document, document.data)
    return entry, [*document.faults, *faults]


def _evidence(entry: _EvidenceEntry) -> Evidence:
    default = Thresholds(entry.default.start, entry.default.duplicate, entry.default.possible)
    reach, is_share = entry.reach
    return Evidence(
        reach=Extent(share=reach) if is_share else Extent(metres=reach),
        distance=_slope(entry.distance),
        no_distance=entry.no_distance,
        apart=_slope(entry.apart),
        same_kind=entry.same_kind,
        same_street=entry.same_street,
        same_address=entry.same_street if entry.same_address is None else entry.same_address,
        default=default,
        groups=MappingProxyType({g: _of_group(e, default) for g, e in entry.groups.items()}),
        kinds=MappingProxyType(entry.kinds),
        accuracy=_accuracy(entry.accuracy) if entry.accuracy else Accuracy(),
        same_sender=Slope.through(entry.same_sender.items()) if entry.same_sender else None,
        words=_words(entry.words) if entry.words else Words(),
        assets=_assets(entry.assets) if entry.assets else Assets(),
        placeholder_points=_stand_ins(entry.stand_ins) if entry.stand_ins else None,
        limits=MappingProxyType({k: Limits(e.radius, e.window) for k, e in entry.limits.items()}),
    )


def _slope(places: Mapping[tuple[float, bool], float]) -> Slope:
    is_relative = any(is_share for _, is_share in places)
    return Slope.through(
        ((figure, points) for (figure, _), points in places.items()), is_relative=is_relative
    )


def _accuracy(entry: _AccuracyEntry) -> Accuracy:
    return Accuracy(Slope.through(entry.trust.items()), MappingProxyType(entry.vague))


def _words(entry: _WordsEntry) -> Words:
    common = (word for text in entry.common for word in fold(text).split())
    return Words(entry.each, entry.most, frozenset(common))


def _assets(entry: _AssetsEntry) -> Assets:
    return Assets(entry.answers, entry.same, entry.other)


def _stand_ins(entry: _StandInsEntry) -> PlaceholderPoints:
    return PlaceholderPoints(entry.groups, entry.within)


def _of_group(entry: _GroupEntry, default: Thresholds) -> Thresholds:
    return Thresholds(
        entry.start,
        default.duplicate if entry.duplicate is None else entry.duplicate,
        default.possible if entry.possible is None else entry.possible,
    )
