"""Reads ``evidence.yaml``: the evidence weights of a city."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.catalogue.document import read_file
from shared.catalogue.evidence import (
    MOST_POINTS,
    Accuracy,
    Assets,
    Contrast,
    DedupLimits,
    Evidence,
    Extent,
    PlaceholderPoints,
    Slope,
    Thresholds,
    WordWeights,
)
from shared.catalogue.field_types import (
    Duration,
    Entry,
    Metres,
    Share,
    Text,
    duration,
    metres,
    share,
)
from shared.catalogue.issue import CatalogueError
from shared.text_matching import fold

EVIDENCE = "evidence.yaml"
_HOUR = timedelta(hours=1)


def _metres_or_share(text: object) -> tuple[float, bool]:
    return (share(text), True) if str(text).endswith("%") else (metres(text), False)


def _hours_or_share(text: object) -> tuple[float, bool]:
    return (share(text), True) if str(text).endswith("%") else (duration(text) / _HOUR, False)


def _same_unit(nodes: dict[tuple[float, bool], float]) -> dict[tuple[float, bool], float]:
    if len({is_share for figure, is_share in nodes if figure}) > 1:
        raise ValueError("write shares of the kind's limit throughout, or nowhere")
    if not nodes:
        raise ValueError("this is empty: fill it in")
    return nodes


MetresOrShare = Annotated[tuple[float, bool], BeforeValidator(_metres_or_share)]
HoursOrShare = Annotated[tuple[float, bool], BeforeValidator(_hours_or_share)]
Points = Annotated[float, Field(ge=0, le=MOST_POINTS)]


class ThresholdsEntry(Entry):
    """Prior and thresholds."""

    start: float
    duplicate: Points
    possible: Points

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.possible > self.duplicate:
            raise ValueError("possible: write no more points than duplicate asks for")
        return self


class GroupEntry(Entry):
    """Prior and thresholds of a group, which default to the city's."""

    start: float | None = None
    duplicate: Points | None = None
    possible: Points | None = None
    one_a_place: bool = False


class AccuracyEntry(Entry):
    """Discounts for position errors."""

    trust: dict[Metres, Share] = Field(min_length=1)
    vague: dict[str, Metres] = Field(default_factory=dict)


class WordsEntry(Entry):
    """Points by the share of words in common."""

    share: dict[Share, float] = Field(min_length=1)
    unsure: dict[Share, float] = Field(min_length=1)
    common: tuple[Text, ...] = ()


class ContrastEntry(Entry):
    """Points for what both name."""

    same: float
    other: float


class AssetsEntry(ContrastEntry):
    """Points for the ids of assets."""

    answers: tuple[Text, ...] = Field(min_length=1)


class PlaceholderPointsEntry(Entry):
    """Detection of placeholder points."""

    groups: int = Field(ge=2)
    within: Duration


class LimitsEntry(Entry):
    """Overrides of radius and window."""

    radius: Metres | None = Field(default=None, gt=0)
    window: Duration | None = Field(default=None, gt=timedelta(0))


class EvidenceEntry(Entry):
    """Fields of ``Evidence``; ``same_address`` defaults to ``same_street``."""

    reach: MetresOrShare
    distance: Annotated[dict[MetresOrShare, float], AfterValidator(_same_unit)]
    no_distance: float
    apart: Annotated[dict[HoursOrShare, float], AfterValidator(_same_unit)]
    same_kind: float
    same_street: float
    same_address: float | None = None
    accuracy: AccuracyEntry | None = None
    same_sender: dict[Metres, float] | None = Field(default=None, min_length=1)
    assets: AssetsEntry | None = None
    words: WordsEntry | None = None
    likely_kinds: dict[Share, float] | None = Field(default=None, min_length=1)
    dangers: ContrastEntry | None = None
    details: ContrastEntry | None = None
    placeholder_points: PlaceholderPointsEntry | None = None
    default: ThresholdsEntry
    groups: dict[str, GroupEntry] = Field(default_factory=dict)
    kinds: dict[str, float] = Field(default_factory=dict)
    limits: dict[str, LimitsEntry] = Field(default_factory=dict)


def read_evidence(folder: Path) -> Evidence | None:
    """Read the evidence weights in a folder; None without a file."""
    found, issues = read_file(EvidenceEntry, folder.parent, folder / EVIDENCE)
    if issues:
        raise CatalogueError(issues)
    return None if found is None else build_evidence(found.entry)


def build_evidence(entry: EvidenceEntry) -> Evidence:
    """Return the weights that a valid entry describes."""
    default = Thresholds(entry.default.start, entry.default.duplicate, entry.default.possible)
    reach, is_share = entry.reach
    assets, points = entry.assets, entry.placeholder_points
    return Evidence(
        reach=Extent(share=reach) if is_share else Extent(metres=reach),
        distance=_slope(entry.distance),
        no_distance=entry.no_distance,
        apart=_slope(entry.apart),
        same_kind=entry.same_kind,
        same_street=entry.same_street,
        same_address=entry.same_street if entry.same_address is None else entry.same_address,
        default=default,
        groups=MappingProxyType({g: _thresholds(e, default) for g, e in entry.groups.items()}),
        kinds=MappingProxyType(entry.kinds),
        accuracy=_accuracy(entry.accuracy) if entry.accuracy else Accuracy(),
        same_sender=Slope.through(entry.same_sender.items()) if entry.same_sender else None,
        words=_words(entry.words) if entry.words else None,
        likely_kinds=Slope.through(entry.likely_kinds.items()) if entry.likely_kinds else None,
        dangers=_contrast(entry.dangers),
        details=_contrast(entry.details),
        assets=Assets(assets.same, assets.other, assets.answers) if assets else Assets(),
        placeholder_points=PlaceholderPoints(points.groups, points.within) if points else None,
        limits=MappingProxyType(
            {kind: DedupLimits(e.radius, e.window) for kind, e in entry.limits.items()}
        ),
    )


def _slope(nodes: Mapping[tuple[float, bool], float]) -> Slope:
    is_relative = any(is_share for _, is_share in nodes)
    return Slope.through(
        ((figure, points) for (figure, _), points in nodes.items()), is_relative=is_relative
    )


def _accuracy(entry: AccuracyEntry) -> Accuracy:
    return Accuracy(Slope.through(entry.trust.items()), MappingProxyType(entry.vague))


def _words(entry: WordsEntry) -> WordWeights:
    common = (word for text in entry.common for word in fold(text).split())
    share, unsure = Slope.through(entry.share.items()), Slope.through(entry.unsure.items())
    return WordWeights(share, unsure, frozenset(common))


def _contrast(entry: ContrastEntry | None) -> Contrast:
    return Contrast(entry.same, entry.other) if entry else Contrast()


def _thresholds(entry: GroupEntry, default: Thresholds) -> Thresholds:
    return Thresholds(
        default.start if entry.start is None else entry.start,
        default.duplicate if entry.duplicate is None else entry.duplicate,
        default.possible if entry.possible is None else entry.possible,
        entry.one_a_place,
    )
