"""From how many reports on a city speaks of a surge."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import Field

from shared.catalogue.document import read_document
from shared.catalogue.entries import Entry
from shared.catalogue.issues import CatalogueError, CatalogueIssue
from shared.catalogue.section import read_entry

SURGES = "surges.yaml"


@dataclass(frozen=True, slots=True)
class SurgeLimits:
    """What a dedup group asks for before its reports in one district are a surge.

    Attributes:
        least: Independent reports within the hour, however few are usual.
        ratio: How many times what is usual.
        chance: How likely so many may be at most, if nothing out of the ordinary went on.
        over: The share of what starts a surge under which the reports must fall to end it.
        usual: Reports an hour to assume before anything is known.
    """

    least: int = 10
    ratio: float = 3.0
    chance: float = 1e-5
    over: float = 0.5
    usual: float = 0.2


class CitySurges:
    """The limits of every dedup group of a city."""

    def __init__(self, default: SurgeLimits, groups: Mapping[str, SurgeLimits]) -> None:
        self._default = default
        self._groups = MappingProxyType(groups)

    @property
    def named(self) -> frozenset[str]:
        """The groups that have limits of their own."""
        return frozenset(self._groups)

    def of(self, group: str) -> SurgeLimits:
        """Return what a dedup group asks for."""
        return self._groups.get(group, self._default)


class _GroupEntry(Entry):
    least: int | None = Field(default=None, ge=2)
    ratio: float | None = Field(default=None, ge=1)
    chance: float | None = Field(default=None, gt=0, le=0.1)
    over: float | None = Field(default=None, gt=0, le=1)
    usual: float | None = Field(default=None, gt=0)


class _SurgesEntry(_GroupEntry):
    groups: dict[str, _GroupEntry] = Field(default_factory=dict)


def read_surges(folder: Path) -> CitySurges:
    """Read a city's limits; what it does not name is as everywhere.

    Raises:
        CatalogueError: Something is wrong with the file.
    """
    entry, faults = _read(folder)
    if faults:
        raise CatalogueError(faults)
    default = _limits(entry, SurgeLimits())
    return CitySurges(default, {name: _limits(of, default) for name, of in entry.groups.items()})


def surge_issues(folder: Path) -> list[CatalogueIssue]:
    """Return all that is wrong with a city's limits."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[_SurgesEntry, list[CatalogueIssue]]:
    path = folder / SURGES
    if not path.exists():
        return _SurgesEntry(), []
    document = read_document(folder.parent, path)
    entry, faults = read_entry(_SurgesEntry, document, document.data)
    return entry or _SurgesEntry(), [*document.faults, *faults]


def _limits(entry: _GroupEntry, default: SurgeLimits) -> SurgeLimits:
    return SurgeLimits(
        default.least if entry.least is None else entry.least,
        default.ratio if entry.ratio is None else entry.ratio,
        default.chance if entry.chance is None else entry.chance,
        default.over if entry.over is None else entry.over,
        default.usual if entry.usual is None else entry.usual,
    )
