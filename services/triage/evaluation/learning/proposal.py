"""A rules file of proposed points that a person reads and changes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.triage.evaluation.learning.fitting import HOURS, METRES, Points
from services.triage.evaluation.learning.samples import Sample

DUPLICATE = 50
_ZERO = 70  # points of an even chance, so that `duplicate` asks for one in eight: labels are few
_WORTH_NAMING = 4


def proposal(points: Points, found: Sequence[Sample], reach_m: float, possible: int) -> str:
    """Return the text of an ``evidence.yaml``.

    Args:
        points: As fitted.
        found: What they were fitted to; its figures stand beside what they gave.
        reach_m: How far apart two reports may be at most, in metres.
        possible: From so many points on two reports may be one problem.
    """
    return "\n".join(_lines(points, found, reach_m, possible)) + "\n"


def _lines(points: Points, found: Sequence[Sample], reach_m: float, possible: int) -> Iterator[str]:
    one = sum(sample.is_one_problem for sample in found)
    start = points.start + _ZERO
    yield f"# Proposed from {len(found):,} pairs of reports, {one:,} of one labelled family."
    yield f"reach: {reach_m:g} m"
    yield f"distance: {_slope(METRES, points.metres, 'm')}"
    yield f"no_distance: {points.no_distance}"
    yield f"apart: {_slope(HOURS, points.hours, 'h')}"
    yield f"same_kind: {points.same_kind}"
    yield f"same_street: {points.same_street}"
    yield f"default: {{start: {start}, duplicate: {DUPLICATE}, possible: {possible}}}"
    of_group = Counter(sample.group for sample in found)
    labels = Counter(sample.group for sample in found if sample.is_one_problem)
    yield from _section("groups", _lines_of_groups(points.groups, start, of_group, labels))
    kinds = sorted(points.kinds.items(), key=lambda item: -item[1])
    yield from _section("kinds", (f"  {kind}: {worth}" for kind, worth in kinds))


def _lines_of_groups(
    groups: Mapping[str, int], start: int, of_group: Mapping[str, int], labels: Mapping[str, int]
) -> Iterator[str]:
    for group, worth in sorted(groups.items(), key=lambda item: -item[1]):
        if abs(worth) >= _WORTH_NAMING:
            beside = f"# {labels.get(group, 0):,} of {of_group[group]:,} pairs"
            yield f"  {group}: {{start: {start + worth}}}  {beside}"


def _section(name: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield f"{name}:"
        yield from listed


def _slope(at: Sequence[float], points: Sequence[int], unit: str) -> str:
    places = (f"{place:g} {unit}" if place else "0" for place in at)
    worth = (f"{place}: {point}" for place, point in zip(places, points, strict=True))
    return f"{{{', '.join(worth)}}}"
