"""What speaks for and against two reports being of one problem, as a city weighs it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Slope:
    """Points that change with a figure: straight between the named places, level beyond them.

    Attributes:
        is_relative: Whether the places are shares of the kind's own limit.
    """

    at: tuple[float, ...]
    points: tuple[float, ...]
    is_relative: bool = False

    @classmethod
    def through(cls, places: Iterable[tuple[float, float]], *, is_relative: bool = False) -> Self:
        """Return the slope through these figures and their points."""
        at, points = zip(*sorted(places), strict=True)
        return cls(at, points, is_relative)

    def __call__(self, figure: float, limit: float = 1.0) -> float:
        """Return the points for a figure, where the kind has this limit."""
        if self.is_relative:
            figure /= limit
        above = bisect_right(self.at, figure)
        if above in (0, len(self.at)):
            return self.points[0 if above == 0 else -1]
        left, right = self.at[above - 1], self.at[above]
        low, high = self.points[above - 1], self.points[above]
        return low + (high - low) * (figure - left) / (right - left)

    def figure(self, figure: float, limit: float) -> float:
        """Return a figure in the measure of the places, where the kind has this limit."""
        return figure / limit if self.is_relative else figure


@dataclass(frozen=True, slots=True)
class Extent:
    """How far apart two reports may be that are held against each other.

    Attributes:
        metres: Whatever the radius is.
        share: Of the radius; at least 1.
    """

    metres: float = 0.0
    share: float = 1.0

    def around(self, radius_m: float) -> float:
        """Return the metres for a kind with this radius."""
        return max(self.metres, self.share * radius_m)


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
class Accuracy:
    """How far a point may be believed.

    Attributes:
        trust: The share of the points for the place that counts, by the metres that both points
            together may be off; what is missing counts as ``no_distance``.
        vague_m: How far off a place of some precision is at least.
    """

    trust: Slope = Slope((0.0,), (1.0,))
    vague_m: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceholderPoints:
    """When a point is taken to stand for "somewhere".

    Attributes:
        groups: So many other dedup groups have a case at exactly the point.
        within: So long before or after the report.
    """

    groups: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Words:
    """What rare words are worth that stand in both descriptions.

    Attributes:
        each: Points for one word.
        most: Points for all of them at most.
        common: Words that say nothing, as ``shared.text_matching.fold`` writes them.
    """

    each: float = 0.0
    most: float = 0.0
    common: frozenset[str] = frozenset()

    def counted(self, shared: int) -> float:
        """Return for how many of the shared words there are points."""
        return min(float(shared), self.most / self.each) if self.each else 0.0


@dataclass(frozen=True, slots=True)
class Assets:
    """What it is worth that both reports name a thing that there is only once.

    Attributes:
        answers: The questions that ask for it, such as the plate of a car.
        same: Points where both name the same one.
        other: Points where they name two.
    """

    answers: tuple[str, ...] = ()
    same: float = 0.0
    other: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Radius and window of a kind, in place of those that its own entry has; None leaves them."""

    radius_m: float | None = None
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Points for what two reports have in common; their sum is held against thresholds.

    Attributes:
        distance: By the metres between their points.
        no_distance: Where one of them has no point.
        apart: By the hours between their event times.
        kinds: What the kind of the later arrival adds.
        same_sender: By the metres between their points, where one person sent both; None where
            that counts for nothing.
        stand_ins: None where every point is believed.
        limits: By service code.
    """

    reach: Extent
    distance: Slope
    no_distance: float
    apart: Slope
    same_kind: float
    same_street: float
    same_address: float
    default: Thresholds
    groups: Mapping[str, Thresholds]
    kinds: Mapping[str, float]
    accuracy: Accuracy = Accuracy()
    same_sender: Slope | None = None
    words: Words = Words()
    assets: Assets = Assets()
    placeholder_points: PlaceholderPoints | None = None
    limits: Mapping[str, Limits] = field(default_factory=dict)

    def thresholds(self, group: str) -> Thresholds:
        """Return what a dedup group asks for."""
        return self.groups.get(group, self.default)
