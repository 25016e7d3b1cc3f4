"""Evidence weights: points for what two reports have in common, and the thresholds they must reach.

The figures are those of a city's ``evidence.yaml``. The sum of points, from 0 to 100, is the
confidence that two reports are duplicates.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Slope:
    """A piecewise linear function from a figure to points, constant beyond its ends.

    Attributes:
        is_relative: Whether figures are fractions of the kind's own limit.
    """

    at: tuple[float, ...]
    points: tuple[float, ...]
    is_relative: bool = False

    @classmethod
    def through(cls, nodes: Iterable[tuple[float, float]], *, is_relative: bool = False) -> Self:
        """Return the function through these pairs of figure and points, in any order."""
        at, points = zip(*sorted(nodes), strict=True)
        return cls(at, points, is_relative)

    def __call__(self, figure: float, limit: float = 1.0) -> float:
        """Return the points for a figure; ``limit`` is the kind's own."""
        figure = self.figure(figure, limit)
        above = bisect_right(self.at, figure)
        if above in (0, len(self.at)):
            return self.points[0 if above == 0 else -1]
        left, right = self.at[above - 1], self.at[above]
        low, high = self.points[above - 1], self.points[above]
        return low + (high - low) * (figure - left) / (right - left)

    def figure(self, figure: float, limit: float) -> float:
        """Convert a figure to the unit of the nodes; ``limit`` is the kind's own."""
        return figure / limit if self.is_relative else figure


@dataclass(frozen=True, slots=True)
class Extent:
    """Maximum distance at which two reports are compared: the larger of two bounds.

    Attributes:
        share: Bound as a multiple of the kind's radius, at least 1.
    """

    metres: float = 0.0
    share: float = 1.0

    def around(self, radius_m: float) -> float:
        """Return the distance in metres for a kind with this radius."""
        return max(self.metres, self.share * radius_m)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Prior and thresholds of a dedup group.

    Attributes:
        start: Prior: points of every pair of reports of the group.
        duplicate: Points from which two reports are duplicates, inclusive.
        possible: Points from which they are possible duplicates for a person to review, inclusive.
        one_a_place: True when a place has one such problem at a time, so that other words about it
            contradict nothing.
    """

    start: float
    duplicate: float
    possible: float
    one_a_place: bool = False


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Discounts of the points for distance by position errors.

    Attributes:
        trust: Fraction of the points for distance that counts, by the sum of both position errors
            in metres; the rest counts as ``no_distance``.
        vague_m: Least position error in metres by the precision of the location.
    """

    trust: Slope = Slope((0.0,), (1.0,))
    vague_m: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceholderPoints:
    """Detection of points that are placeholders for an unknown location.

    Attributes:
        groups: Least number of other dedup groups with a case at exactly the point.
        within: Maximum time between those cases and the report.
    """

    groups: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class WordWeights:
    """Points by the share of distinguishing words that two texts have in common.

    Attributes:
        unsure: Points of a report of an unsure kind, for which the texts alone speak.
        common: Folded words that distinguish nothing.
    """

    share: Slope
    unsure: Slope
    common: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Contrast:
    """Points where both reports name the same, and where they name something else."""

    same: float = 0.0
    other: float = 0.0


@dataclass(frozen=True, slots=True)
class Assets(Contrast):
    """Points for assets with a unique id that both reports name, such as cars by their plates.

    Attributes:
        answers: Questions for their ids; texts name ``plate``, ``pole_number`` and ``stop_id``.
    """

    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DedupLimits:
    """Radius in metres and window of a kind that override its own; None does not override."""

    radius_m: float | None = None
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A city's evidence weights.

    Attributes:
        distance: Points by the metres between their points.
        no_distance: Points where one of them has no point.
        apart: Points by the hours between their event times.
        kinds: Points by the service code of the later report.
        same_sender: Points by the metres between their points where both have the same reporter;
            None for no points.
        words: None when texts are not compared.
        likely_kinds: Points by the share of likely kinds that the texts have in common.
        dangers: Points for a danger that both name, and for one that only one of them names.
        details: Points for directions, sides and numbers in the texts.
        placeholder_points: Detection of placeholder points; None disables it.
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
    words: WordWeights | None = None
    likely_kinds: Slope | None = None
    dangers: Contrast = Contrast()
    details: Contrast = Contrast()
    assets: Assets = Assets()
    placeholder_points: PlaceholderPoints | None = None
    limits: Mapping[str, DedupLimits] = field(default_factory=dict)

    def thresholds(self, group: str) -> Thresholds:
        """Return the thresholds of a dedup group."""
        return self.groups.get(group, self.default)
