"""A rules file of proposed points that a person reads and changes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from evaluation.measures import Agreement, EvaluationResult
from evaluation.training.limits import Spread
from evaluation.training.rules_text import parts, with_words
from evaluation.training.samples import Sample
from shared.catalogue.evidence import DedupLimits, Evidence, Slope, Thresholds

_HEAD = """\
# Points for what two reports of one dedup group have in common. Their sum, 0 to 100, is the
# confidence: from `duplicate` on the report joins the case (within the kind's radius), from
# `possible` on it opens a case of its own that is flagged. Ten points make it e times as likely."""
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
Trait = Callable[[Sample], bool]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What the labels of a history say, beside what was in use.

    Attributes:
        requests: How many the history has.
        spreads: By kind, where there are pairs enough to propose radius and window.
        kinds: By group, its kinds.
    """

    before: Evidence
    after: Evidence
    requests: int
    found: Sequence[Sample]
    spreads: Mapping[str, Spread]
    kinds: Mapping[str, Sequence[str]]


def proposal(learnt: TrainingResult, in_use: str, effects: Effects) -> str:
    """Return the text of an ``evidence.yaml``.

    Args:
        learnt: What is proposed.
        in_use: The text of the file in use: what is not learnt stands there as it did.
        effects: What it would have done.
    """
    new = dict(_learnt(learnt, effects))
    lines = [_HEAD, *_summary(learnt, effects)]
    for part in parts(in_use):
        kept = with_words(part.text, learnt.before.words, learnt.after.words)
        lines += [*part.comments, new.pop(part.key, kept if part.key == "words" else part.text)]
    return "\n".join([*lines, *new.values()]) + "\n"


def _summary(learnt: TrainingResult, effects: Effects) -> Iterator[str]:
    one = sum(sample.is_one_problem for sample in learnt.found)
    yield "#"
    yield f"# Proposed by `route311 triage learn` from {learnt.requests:,} requests:"
    yield f"# {len(learnt.found):,} pairs of reports, {one:,} of one labelled family."
    yield "# Beside each figure stands what it was, on what it rests and what the file as a whole"
    yield "# would have done to those whom it concerns. Kinds and groups with too few labels, and"
    yield "# all that the history does not hold, are kept as they were."
    yield f"# All kinds: {effects.of_all()}."


def _learnt(learnt: TrainingResult, effects: Effects) -> Iterator[tuple[str, str]]:
    before, after = learnt.before, learnt.after
    for key, was, slope, unit in (
        ("distance", before.distance, after.distance, "m"),
        ("apart", before.apart, after.apart, "h"),
    ):
        if slope != was:
            yield key, f"{key}: {_slope(slope, unit)}  # was {_slope(was, unit)}"
    for key, has in _TRAITS.items():
        was_worth, worth = getattr(before, key), getattr(after, key)
        if worth != was_worth:
            of = _rests_on([one for one in learnt.found if has(one)])
            yield key, f"{key}: {worth:g}  # was {was_worth:g}; {of}"
    if after.default != before.default:
        yield "default", f"default: {_asked(after.default)}  # was {_asked(before.default)}"
    sections = (
        ("groups", _groups(learnt, effects)),
        ("kinds", _kinds(learnt, effects)),
        ("limits", _limits(learnt, effects)),
    )
    for key, lines in sections:
        if listed := list(lines):
            yield key, "\n".join([f"{key}:", *listed])


_TRAITS: Mapping[str, Trait] = {
    "no_distance": lambda one: one.place is None,
    "same_kind": lambda one: one.same_kind,
    "same_street": lambda one: one.same_street,
    "same_address": lambda one: one.same_address,
}


def _groups(learnt: TrainingResult, effects: Effects) -> Iterator[str]:
    before, after = learnt.before, learnt.after
    ranked = sorted(after.groups.items(), key=lambda item: (-item[1].start, item[0]))
    for group, asked in ranked:
        rests = _rests_on([one for one in learnt.found if one.group == group])
        was = before.thresholds(group)
        told = f"kept; {rests}"
        if asked != was:
            did = effects.of_some(learnt.kinds.get(group, ()))
            told = f"was {_asked(was)}; {rests}; {did}"
        yield f"  {group}: {_asked(asked)}  # {told}"


def _kinds(learnt: TrainingResult, effects: Effects) -> Iterator[str]:
    ranked = sorted(learnt.after.kinds.items(), key=lambda item: (-item[1], item[0]))
    for kind, worth in ranked:
        rests = _rests_on([one for one in learnt.found if one.kind == kind])
        was = learnt.before.kinds.get(kind, 0.0)
        told = f"kept; {rests}"
        if worth != was:
            told = f"was {was:g}; {rests}; {effects.of_some([kind])}"
        yield f"  {kind}: {worth:g}  # {told}"


def _limits(learnt: TrainingResult, effects: Effects) -> Iterator[str]:
    for kind, limits in sorted(learnt.after.limits.items()):
        spread = learnt.spreads.get(kind)
        told = "kept"
        if spread is not None:
            was = _bounds(DedupLimits(spread.own.radius_m, spread.own.window))
            did = effects.of_some([kind])
            held = f"{spread.before} -> {spread.after} of {spread.pairs} labelled pairs within"
            told = f"was {was}; {held}; {did}"
        yield f"  {kind}: {_bounds(limits)}  # {told}"


def _rests_on(found: Sequence[Sample]) -> str:
    labels = Counter(one.is_one_problem for one in found)
    return f"{labels[True]:,} of {len(found):,} pairs labelled"


def _asked(asked: Thresholds) -> str:
    figures = f"start: {asked.start:g}, duplicate: {asked.duplicate:g}"
    return f"{{{figures}, possible: {asked.possible:g}}}"


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
    worth = (f"{_place(at, unit, slope)}: {points:g}" for at, points in pairs)
    return f"{{{', '.join(worth)}}}"


def _place(at: float, unit: str, slope: Slope) -> str:
    if not at:
        return "0"
    return f"{at * 100:g} %" if slope.is_relative else f"{at:g} {unit}"


@dataclass(frozen=True, slots=True)
class Effects:
    """How well both do."""

    before: EvaluationResult
    after: EvaluationResult

    def of_all(self) -> str:
        """Return what changes in the whole history, in words."""
        return ", ".join(_in_words(self.before.whole, self.after.whole))

    def of_some(self, kinds: Iterable[str]) -> str:
        """Return what changes for requests of some kinds, in words."""
        some = list(kinds)
        return ", ".join(_in_words(_together(self.before, some), _together(self.after, some)))


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
