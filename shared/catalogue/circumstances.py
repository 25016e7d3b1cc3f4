"""Circumstances of a report that add points to its priority: location, reporters and age."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field

from shared.catalogue.field_types import Entry, Latitude, Longitude, Metres, Texts
from shared.vocabulary import GeoPoint

CIRCUMSTANCES = "circumstances.yaml"

Points = Annotated[int, Field(gt=0, le=20)]


@dataclass(frozen=True, slots=True)
class ScoreSteps:
    """A step function from a figure to points; ``at`` is ascending, each step inclusive."""

    at: tuple[float, ...]
    points: tuple[int, ...]

    @classmethod
    def of(cls, steps: Iterable[tuple[float, int]]) -> Self:
        """Return the function with these pairs of figure and points, in any order."""
        ordered = sorted(steps)
        return cls(tuple(at for at, _ in ordered), tuple(points for _, points in ordered))

    def __call__(self, figure: float) -> int:
        """Return the points for a figure; 0 below the first step."""
        reached = bisect_right(self.at, figure)
        return self.points[reached - 1] if reached else 0


@dataclass(frozen=True, slots=True)
class Line:
    """A long, straight place such as a bridge."""

    name: str
    start: GeoPoint
    end: GeoPoint


@dataclass(frozen=True, slots=True)
class PlaceType:
    """A type of place where a problem is more urgent; ``code`` is the reason code of its points."""

    code: str
    points: int
    when: tuple[str, ...]
    lines: tuple[Line, ...]
    within_m: float


@dataclass(frozen=True, slots=True)
class UsualReports:
    """The number of further reporters of a problem that stands, as a city usually has it.

    Attributes:
        per_day: Further reporters a day by kind, in the whole city.
        districts: How many times as many there are in a district, by its code; 1 for others.
    """

    per_day: Mapping[str, float]
    districts: Mapping[str, float]

    def after(self, time: timedelta, kind: str, district: str) -> float:
        """Return the further reporters that are usual so long after the first one."""
        days = max(time / timedelta(days=1), 0.0)
        return self.per_day.get(kind, 0.0) * self.districts.get(district, 1.0) * days


@dataclass(frozen=True, slots=True)
class Circumstances:
    """A city's points for location, reporters and age.

    Attributes:
        places: Types of places, the strongest first.
        reporters: Points by the number of people who reported one problem.
        overdue: Points by how many times the kind's target has passed since the first report.
        usual: Where given, ``reporters`` are points by how many times as many people reported the
            problem as is usual.
    """

    places: tuple[PlaceType, ...]
    max_place_points: int
    kinds: frozenset[str]
    reporters: ScoreSteps
    overdue: ScoreSteps
    usual: UsualReports | None = None


class PlaceTypeEntry(Entry):
    """A type of place; ``lines`` are the ends of known places, as latitude and longitude."""

    points: Points
    when: Texts = Field(min_length=1)
    within: Metres = 0.0
    lines: dict[str, tuple[tuple[Latitude, Longitude], tuple[Latitude, Longitude]]] = Field(
        default_factory=dict
    )


class PlacesEntry(Entry):
    """All types of places."""

    kinds: Texts = Field(min_length=1)
    max_points: Points
    types: dict[str, PlaceTypeEntry] = Field(min_length=1)


class SurpriseEntry(Entry):
    """Switch of surprise in place of the number of reporters, and the usual numbers."""

    use: bool = False
    per_day: dict[str, Annotated[float, Field(ge=0)]] = Field(min_length=1)
    districts: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)


class CircumstancesEntry(Entry):
    """The file ``circumstances.yaml``."""

    places: PlacesEntry
    reporters: dict[Annotated[int, Field(gt=1)], Points]
    overdue: dict[Annotated[float, Field(gt=0)], Points]
    surprise: SurpriseEntry | None = None


def build_circumstances(entry: CircumstancesEntry) -> Circumstances:
    """Return the circumstances that a valid entry describes."""
    surprise = entry.surprise
    return Circumstances(
        places=tuple(_place_type(code, place) for code, place in entry.places.types.items()),
        max_place_points=entry.places.max_points,
        kinds=frozenset(entry.places.kinds),
        reporters=ScoreSteps.of(entry.reporters.items()),
        overdue=ScoreSteps.of(entry.overdue.items()),
        usual=(
            UsualReports(surprise.per_day, surprise.districts)
            if surprise and surprise.use
            else None
        ),
    )


def _place_type(code: str, entry: PlaceTypeEntry) -> PlaceType:
    lines = tuple(
        Line(name, GeoPoint(*start), GeoPoint(*end)) for name, (start, end) in entry.lines.items()
    )
    return PlaceType(code, entry.points, entry.when, lines, entry.within)
