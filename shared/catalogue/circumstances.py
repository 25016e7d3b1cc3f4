"""What lies around a report and makes it more pressing, as a city weighs it in points."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from shared.catalogue.document import Document, read_document
from shared.catalogue.draft import Draft
from shared.catalogue.entries import Entry, Metres, Texts
from shared.catalogue.issues import CatalogueError, CatalogueIssue, unknown_name
from shared.catalogue.section import read_entry
from shared.vocabulary import GeoPoint

CIRCUMSTANCES = "circumstances.yaml"

Points = Annotated[int, Field(gt=0, le=20)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


@dataclass(frozen=True, slots=True)
class PointSteps:
    """Points that a figure gets from the highest step that it reaches."""

    at: tuple[float, ...]
    points: tuple[int, ...]

    @classmethod
    def of(cls, steps: Iterable[tuple[float, int]]) -> Self:
        """Return these steps, each a figure and its points."""
        ordered = sorted(steps)
        return cls(tuple(at for at, _ in ordered), tuple(points for _, points in ordered))

    def __call__(self, figure: float) -> int:
        """Return the points for a figure; none below the first step."""
        reached = bisect_right(self.at, figure)
        return self.points[reached - 1] if reached else 0


@dataclass(frozen=True, slots=True)
class Line:
    """Something long and straight, such as a bridge."""

    name: str
    start: GeoPoint
    end: GeoPoint


@dataclass(frozen=True, slots=True)
class Place:
    """A sort of place where a problem is more pressing.

    Attributes:
        when: Conditions that say that a report lies there.
        lines: Where such places are known to be.
        within_m: How near to a line a point lies on it.
    """

    code: str
    points: int
    when: tuple[str, ...]
    lines: tuple[Line, ...]
    within_m: float


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a city weighs place, reporters and time.

    Attributes:
        places: The most telling first.
        most_for_place: All places together add no more points than this.
        kinds: Codes of the kinds for which places count.
        reporters: By how many people reported one problem.
        still_there: By how often the kind's own target has passed since the first report.
    """

    places: tuple[Place, ...]
    most_for_place: int
    kinds: frozenset[str]
    reporters: PointSteps
    still_there: PointSteps


class _PlaceEntry(Entry):
    points: Points
    when: Texts = Field(min_length=1)
    within: Metres = 0.0
    lines: dict[str, tuple[tuple[Latitude, Longitude], tuple[Latitude, Longitude]]] = Field(
        default_factory=dict
    )


class _PlacesEntry(Entry):
    kinds: Texts = Field(min_length=1)
    most: Points
    each: dict[str, _PlaceEntry] = Field(min_length=1)


class _CircumstancesEntry(Entry):
    places: _PlacesEntry
    reporters: dict[Annotated[int, Field(gt=1)], Points]
    still_there: dict[Annotated[float, Field(gt=0)], Points]


def read_circumstances(folder: Path) -> Circumstances | None:
    """Read how a city weighs circumstances; None where they count for nothing.

    Raises:
        CatalogueError: Something is wrong with the file.
    """
    document, entry, faults = _read(folder)
    if faults:
        raise CatalogueError(faults)
    return None if document is None or entry is None else _circumstances(entry)


def circumstance_issues(draft: Draft) -> Iterator[CatalogueIssue]:
    """Return all that is wrong with how a city weighs circumstances."""
    document, entry, faults = _read(draft.folder)
    yield from faults
    if document is None or entry is None:
        return
    for i, kind in enumerate(entry.places.kinds):
        if kind not in draft.services:
            reason = unknown_name("kind", kind, draft.services.declared, "services/")
            yield document.fault(("places", "kinds", i), reason)
    for code, place in entry.places.each.items():
        for i, condition in enumerate(place.when):
            if condition not in draft.conditions:
                known = draft.conditions.declared
                reason = unknown_name("condition", condition, known, "conditions.yaml")
                yield document.fault(("places", "each", code, "when", i), reason)


def _read(folder: Path) -> tuple[Document | None, _CircumstancesEntry | None, list[CatalogueIssue]]:
    path = folder / CIRCUMSTANCES
    if not path.exists():
        return None, None, []
    document = read_document(folder.parent, path)
    entry, faults = read_entry(_CircumstancesEntry, document, document.data)
    return document, entry, [*document.faults, *faults]


def _circumstances(entry: _CircumstancesEntry) -> Circumstances:
    return Circumstances(
        places=tuple(_place(code, place) for code, place in entry.places.each.items()),
        most_for_place=entry.places.most,
        kinds=frozenset(entry.places.kinds),
        reporters=PointSteps.of(entry.reporters.items()),
        still_there=PointSteps.of(entry.still_there.items()),
    )


def _place(code: str, entry: _PlaceEntry) -> Place:
    lines = tuple(
        Line(name, GeoPoint(*start), GeoPoint(*end)) for name, (start, end) in entry.lines.items()
    )
    return Place(code, entry.points, entry.when, lines, entry.within)
