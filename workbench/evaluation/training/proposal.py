"""Writes proposed evidence weights as a commented ``evidence.yaml``."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from shared.catalogue.evidence import DedupLimits, Evidence, Slope, Thresholds
from workbench.evaluation.measures import Agreement, EvaluationResult
from workbench.evaluation.training.limits import LimitsProposal
from workbench.evaluation.training.rules_text import parts_of
from workbench.evaluation.training.samples import Sample

_HEAD = """\
# Points for what two reports of one dedup group have in common. Their sum, 0 to 100, is the
# confidence: from `duplicate` on the report joins the case (within the kind's radius), from
# `possible` on it opens a case of its own that is flagged. Ten points make it e times as likely."""
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
Feature: TypeAlias = Callable[[Sample], bool]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Evidence weights trained on a history.

    Attributes:
        requests: Number of requests of the history.
        samples: Pairs of reports that they were trained on.
        proposals: Radius and window by service code, where there are enough pairs.
        kinds: Service codes by dedup group.
    """

    before: Evidence
    after: Evidence
    requests: int
    samples: Sequence[Sample]
    proposals: Mapping[str, LimitsProposal]
    kinds: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Effects:
    """Results of back-tests by the weights in use and by the proposed ones."""

    before: EvaluationResult
    after: EvaluationResult

    def of_all(self) -> str:
        """Describe the changes in the whole history."""
        return ", ".join(_in_words(self.before.whole, self.after.whole))

    def of_some(self, kinds: Iterable[str]) -> str:
        """Describe the changes for requests of some kinds."""
        some = list(kinds)
        return ", ".join(_in_words(_together(self.before, some), _together(self.after, some)))


def proposal(result: TrainingResult, in_use: str, effects: Effects) -> str:
    """Return the text of an ``evidence.yaml``.

    Args:
        in_use: Text of the file in use; parts without trained weights are copied from it.
    """
    new = dict(_trained_parts(result, effects))
    lines = [_HEAD, *_summary(result, effects)]
    for part in parts_of(in_use):
        lines += [*part.comments, new.pop(part.key, part.text)]
    return "\n".join([*lines, *new.values()]) + "\n"


def _summary(result: TrainingResult, effects: Effects) -> Iterator[str]:
    one = sum(sample.is_duplicate for sample in result.samples)
    yield "#"
    yield f"# Proposed by `route311 triage learn` from {result.requests:,} requests:"
    yield f"# {len(result.samples):,} pairs of reports, {one:,} of one labelled family."
    yield "# Beside each figure stands what it was, on what it rests and what the file as a whole"
    yield "# would have done to those whom it concerns. Kinds and groups with too few labels, and"
    yield "# all that the history does not hold, are kept as they were."
    yield f"# All kinds: {effects.of_all()}."


def _trained_parts(result: TrainingResult, effects: Effects) -> Iterator[tuple[str, str]]:
    before, after = result.before, result.after
    for key, was, slope, unit in (
        ("distance", before.distance, after.distance, "m"),
        ("apart", before.apart, after.apart, "h"),
    ):
        if slope != was:
            yield key, f"{key}: {_slope(slope, unit)}  # was {_slope(was, unit)}"
    for key, has_feature in _FEATURES.items():
        was, points = getattr(before, key), getattr(after, key)
        if points != was:
            of = _labels_of([one for one in result.samples if has_feature(one)])
            yield key, f"{key}: {points:g}  # was {was:g}; {of}"
    if after.default != before.default:
        was_default = _thresholds(before.default)
        yield "default", f"default: {_thresholds(after.default)}  # was {was_default}"
    sections = (
        ("groups", _groups(result, effects)),
        ("kinds", _kinds(result, effects)),
        ("limits", _limits(result, effects)),
    )
    for key, lines in sections:
        if listed := list(lines):
            yield key, "\n".join([f"{key}:", *listed])


_FEATURES: Mapping[str, Feature] = {
    "no_distance": lambda one: one.distance is None,
    "same_kind": lambda one: one.same_kind,
    "same_street": lambda one: one.same_street,
    "same_address": lambda one: one.same_address,
}


def _groups(result: TrainingResult, effects: Effects) -> Iterator[str]:
    before, after = result.before, result.after
    ranked = sorted(after.groups.items(), key=lambda item: (-item[1].start, item[0]))
    for group, thresholds in ranked:
        labels = _labels_of([one for one in result.samples if one.group == group])
        was = before.thresholds(group)
        comment = f"kept; {labels}"
        if thresholds != was:
            effect = effects.of_some(result.kinds.get(group, ()))
            comment = f"was {_thresholds(was)}; {labels}; {effect}"
        yield f"  {group}: {_thresholds(thresholds)}  # {comment}"


def _kinds(result: TrainingResult, effects: Effects) -> Iterator[str]:
    ranked = sorted(result.after.kinds.items(), key=lambda item: (-item[1], item[0]))
    for kind, points in ranked:
        labels = _labels_of([one for one in result.samples if one.kind == kind])
        was = result.before.kinds.get(kind, 0.0)
        comment = f"kept; {labels}"
        if points != was:
            comment = f"was {was:g}; {labels}; {effects.of_some([kind])}"
        yield f"  {kind}: {points:g}  # {comment}"


def _limits(result: TrainingResult, effects: Effects) -> Iterator[str]:
    for kind, limits in sorted(result.after.limits.items()):
        proposed = result.proposals.get(kind)
        comment = "kept"
        if proposed is not None:
            was = _bounds(DedupLimits(proposed.own.radius_m, proposed.own.window))
            effect = effects.of_some([kind])
            within = (
                f"{proposed.before} -> {proposed.after} of {proposed.pairs} labelled pairs within"
            )
            comment = f"was {was}; {within}; {effect}"
        yield f"  {kind}: {_bounds(limits)}  # {comment}"


def _labels_of(found: Sequence[Sample]) -> str:
    labels = Counter(one.is_duplicate for one in found)
    return f"{labels[True]:,} of {len(found):,} pairs labelled"


def _thresholds(thresholds: Thresholds) -> str:
    figures = f"start: {thresholds.start:g}, duplicate: {thresholds.duplicate:g}"
    one_a_place = ", one_a_place: true" if thresholds.one_a_place else ""
    return f"{{{figures}, possible: {thresholds.possible:g}{one_a_place}}}"


def _bounds(limits: DedupLimits) -> str:
    parts = [f"radius: {limits.radius_m:g} m"] if limits.radius_m else []
    return f"{{{', '.join([*parts, *_window(limits)])}}}"


def _window(limits: DedupLimits) -> Iterator[str]:
    if limits.window:
        whole = not limits.window % _DAY
        measure, unit = (_DAY, "d") if whole else (_HOUR, "h")
        yield f"window: {limits.window / measure:g} {unit}"


def _slope(slope: Slope, unit: str) -> str:
    pairs = zip(slope.at, slope.points, strict=True)
    nodes = (f"{_figure(at, unit, slope)}: {points:g}" for at, points in pairs)
    return f"{{{', '.join(nodes)}}}"


def _figure(at: float, unit: str, slope: Slope) -> str:
    if not at:
        return "0"
    return f"{at * 100:g} %" if slope.is_relative else f"{at:g} {unit}"


def _together(outcome: EvaluationResult, kinds: Iterable[str]) -> Agreement:
    some = [outcome.kinds[kind] for kind in kinds if kind in outcome.kinds]
    return Agreement(
        requests=sum(one.requests for one in some),
        labelled=sum(one.labelled for one in some),
        found=sum(one.found for one in some),
        right_case=sum(one.right_case for one in some),
        flagged=sum(one.flagged for one in some),
    )


def _in_words(before: Agreement, after: Agreement) -> Iterator[str]:
    if before.labelled:
        found = f"{before.found:,} -> {after.found:,} of {before.labelled:,} labelled found"
        yield f"{found}, {before.right_case:,} -> {after.right_case:,} in the right case"
    yield f"{before.flagged:,} -> {after.flagged:,} of {before.requests:,} flagged"
