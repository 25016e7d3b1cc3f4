"""Limits of surge detection by dedup group."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import Field

from shared.catalogue.field_types import Entry

SURGES = "surges.yaml"


@dataclass(frozen=True, slots=True)
class SurgeLimits:
    """Limits for the reports of a dedup group in one district.

    Attributes:
        min_reports: Minimum number of independent reports within an hour.
        ratio: Minimum multiple of the expected number.
        max_probability: Maximum Poisson probability of so many reports at the expected rate.
        end_ratio: A surge ends when reports fall below this fraction of its threshold.
        baseline_per_hour: Reports per hour to expect without any history.
    """

    min_reports: int = 10
    ratio: float = 3.0
    max_probability: float = 1e-5
    end_ratio: float = 0.5
    baseline_per_hour: float = 0.2


@dataclass(frozen=True, slots=True)
class CitySurges:
    """The limits of every dedup group; ``default`` is for those that ``groups`` does not name."""

    default: SurgeLimits
    groups: Mapping[str, SurgeLimits]

    @property
    def named(self) -> frozenset[str]:
        """The groups that have limits of their own."""
        return frozenset(self.groups)

    def of(self, group: str) -> SurgeLimits:
        """Return the limits of a dedup group."""
        return self.groups.get(group, self.default)


class SurgeLimitsEntry(Entry):
    """Fields of ``SurgeLimits``; None inherits the default."""

    min_reports: int | None = Field(default=None, ge=2)
    ratio: float | None = Field(default=None, ge=1)
    max_probability: float | None = Field(default=None, gt=0, le=0.1)
    end_ratio: float | None = Field(default=None, gt=0, le=1)
    baseline_per_hour: float | None = Field(default=None, gt=0)


class SurgesEntry(SurgeLimitsEntry):
    """The file ``surges.yaml``: a city's default limits and those of some groups."""

    groups: dict[str, SurgeLimitsEntry] = Field(default_factory=dict)


def build_surges(entry: SurgesEntry) -> CitySurges:
    """Return the limits that a valid entry describes."""
    default = _limits(entry, SurgeLimits())
    return CitySurges(default, {name: _limits(of, default) for name, of in entry.groups.items()})


def _limits(entry: SurgeLimitsEntry, default: SurgeLimits) -> SurgeLimits:
    given = entry.model_dump(exclude_none=True, exclude={"groups"})
    return replace(default, **given)
