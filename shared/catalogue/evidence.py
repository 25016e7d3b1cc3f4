"""What speaks for and against two reports being of one problem, as a city weighs it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from shared.catalogue.document import read_document
from shared.catalogue.entries import Duration, Entry, Metres
from shared.catalogue.faults import CatalogueError, Fault
from shared.catalogue.section import read_entry

EVIDENCE = "evidence.yaml"
MOST_POINTS = 100
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Slope:
    """Points that change with a figure: straight between the named places, level beyond them."""

    at: tuple[float, ...]
    points: tuple[float, ...]

    @classmethod
    def through(cls, places: Iterable[tuple[float, float]]) -> Self:
        """Return the slope through these figures and their points."""
        at, points = zip(*sorted(places), strict=True)
        return cls(at, points)

    def __call__(self, figure: float) -> float:
        """Return the points for a figure."""
        above = bisect_right(self.at, figure)
        if above in (0, len(self.at)):
            return self.points[0 if above == 0 else -1]
        left, right = self.at[above - 1], self.at[above]
        low, high = self.points[above - 1], self.points[above]
        return low + (high - low) * (figure - left) / (right - left)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a dedup group asks for.

    Attributes:
        start: Points that two reports of the group have before anything is known of them.
        duplicate: From these points on they are one problem.
        possible: From these on they may be one, and a person should look.
    """

    start: float
    duplicate: float
    possible: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Points for what two reports have in common; their sum is held against thresholds.

    Attributes:
        reach_m: How far apart they may be at most, in metres, if not their kind's radius.
        distance: By the metres between their points.
        no_distance: Where one of them has no point.
        apart: By the hours between their event times.
        kinds: What the kind of the later arrival adds.
    """

    reach_m: float
    distance: Slope
    no_distance: float
    apart: Slope
    same_kind: float
    same_street: float
    default: Thresholds
    groups: Mapping[str, Thresholds]
    kinds: Mapping[str, float]

    def thresholds(self, group: str) -> Thresholds:
        """Return what a dedup group asks for."""
        return self.groups.get(group, self.default)


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


class _EvidenceEntry(Entry):
    reach: Metres
    distance: dict[Metres, float] = Field(min_length=1)
    no_distance: float
    apart: dict[Duration, float] = Field(min_length=1)
    same_kind: float
    same_street: float
    default: _ThresholdsEntry
    groups: dict[str, _GroupEntry] = Field(default_factory=dict)
    kinds: dict[str, float] = Field(default_factory=dict)


def read_evidence(folder: Path) -> Evidence | None:
    """Read how a city weighs evidence; None where it goes by radius and window alone.

    Raises:
        CatalogueError: Something is wrong with the file.
    """
    entry, faults = _read(folder)
    if faults:
        raise CatalogueError(faults)
    return None if entry is None else _evidence(entry)


def faults_of_evidence(folder: Path) -> list[Fault]:
    """Return all that is wrong with how a city weighs evidence."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[_EvidenceEntry | None, list[Fault]]:
    path = folder / EVIDENCE
    if not path.exists():
        return None, []
    document = read_document(folder.parent, path)
    entry, faults = read_entry(_EvidenceEntry, document, document.data)
    return entry, [*document.faults, *faults]


def _evidence(entry: _EvidenceEntry) -> Evidence:
    default = Thresholds(entry.default.start, entry.default.duplicate, entry.default.possible)
    return Evidence(
        reach_m=entry.reach,
        distance=Slope.through(entry.distance.items()),
        no_distance=entry.no_distance,
        apart=Slope.through((time / _HOUR, points) for time, points in entry.apart.items()),
        same_kind=entry.same_kind,
        same_street=entry.same_street,
        default=default,
        groups=MappingProxyType({g: _of_group(e, default) for g, e in entry.groups.items()}),
        kinds=MappingProxyType(entry.kinds),
    )


def _of_group(entry: _GroupEntry, default: Thresholds) -> Thresholds:
    return Thresholds(
        entry.start,
        default.duplicate if entry.duplicate is None else entry.duplicate,
        default.possible if entry.possible is None else entry.possible,
    )
