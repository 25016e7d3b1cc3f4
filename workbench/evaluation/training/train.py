"""Trains evidence weights on a labelled history and back-tests them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from services.triage.policy import CityPolicy, TriagePolicy
from shared.catalogue import Catalogue, load_catalogue
from shared.catalogue.evidence import MOST_POINTS, DedupLimits, Evidence, Thresholds
from shared.catalogue.evidence_file import EVIDENCE
from workbench.evaluation.backtest import BacktestDecision, backtest
from workbench.evaluation.exports import RequestHistory, UnreadableRowsError, read_requests
from workbench.evaluation.measures import FLAGGED, EvaluationResult, connected_components, measure
from workbench.evaluation.training.fitting import MIN_LABELS, Learnable, fit
from workbench.evaluation.training.limits import propose_limits
from workbench.evaluation.training.proposal import Effects, TrainingResult, proposal
from workbench.evaluation.training.rules_text import PLAIN, plain_evidence
from workbench.evaluation.training.samples import Sample, samples
from workbench.evaluation.trial import Period, ProgressTracker, Selection

Pairs: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TrainedRules:
    """A proposed ``evidence.yaml`` and its effects on the history that it was trained on."""

    text: str
    effects: Effects


class _History:
    """The labelled requests for training and back-tests."""

    def __init__(
        self, past: RequestHistory, pairs: Pairs, catalogue: Catalogue, track: ProgressTracker
    ) -> None:
        self.past = past
        self.pairs = pairs
        own = {past.city.id: past.city}
        self._catalogue = replace(catalogue, jurisdictions=own)
        self._track = track

    def policy(self, evidence: Evidence | None = None) -> TriagePolicy:
        """Return the rules in use, or the same rules with other evidence weights."""
        return TriagePolicy(self._catalogue, {self.past.city.id: evidence} if evidence else None)

    def backtest(self, policy: TriagePolicy) -> list[BacktestDecision]:
        """Decide all requests."""
        return list(self._track(backtest(self.past, policy), len(self.past.rows)))

    def measure(self, decisions: Sequence[BacktestDecision]) -> EvaluationResult:
        """Measure decisions against the labels."""
        return measure(decisions, self.pairs, decisions)


def train(
    selection: Selection,
    pairs: Pairs,
    catalogue_root: Path,
    flagged_share: float,
    track: ProgressTracker,
) -> TrainedRules:
    """Propose weights, prior, radius, window and thresholds where there are enough labels.

    Args:
        selection: The history; requests outside its period are ignored.
        catalogue_root: Folder of the catalogue with the rules in use.
        flagged_share: Maximum fraction, 0 to 1, of all requests that may be flagged.

    Raises:
        UnreadableRowsError: No labelled pair is within window and reach.
    """
    catalogue = load_catalogue(catalogue_root)
    past = read_requests(selection.requests, catalogue, selection.city_id)
    period = Period.of(past, selection.since, selection.until, selection.after)
    past = replace(past, rows=[row for row in past.rows if row.reported_at in period])
    history = _History(past, pairs, catalogue, track)
    in_use = history.policy()
    result, learnable = _train(history, in_use.cities[past.city.id])
    before = history.measure(history.backtest(in_use))
    result = _with_flags(history, result, learnable, flagged_share)
    after = history.measure(history.backtest(history.policy(result.after)))
    effects = Effects(before, after)
    file = past.city.folder / EVIDENCE
    text = file.read_text(encoding="utf-8") if file.exists() else PLAIN
    return TrainedRules(proposal(result, text, effects), effects)


def _train(history: _History, in_use: CityPolicy) -> tuple[TrainingResult, Learnable]:
    past = history.past
    base = in_use.evidence or plain_evidence()
    proposals = propose_limits(past, history.pairs, in_use)
    limits = {k: DedupLimits(p.limits.radius_m, p.limits.window) for k, p in proposals.items()}
    measure_by = replace(base, limits={**base.limits, **limits})
    found = list(samples(past, history.policy(measure_by), connected_components(history.pairs)))
    if not any(sample.is_duplicate for sample in found):
        raise UnreadableRowsError("no labelled pair lies within window and reach of another")
    learnable = _learnable(found, is_new=in_use.evidence is None)
    after = fit(found, measure_by, learnable)
    groups = past.city.dedup_groups
    return TrainingResult(base, after, len(past.rows), found, proposals, groups), learnable


def _learnable(found: Sequence[Sample], *, is_new: bool) -> Learnable:
    groups = Counter(sample.group for sample in found if sample.is_duplicate)
    kinds = Counter(sample.kind for sample in found if sample.is_duplicate)
    return Learnable(_with_enough(groups), _with_enough(kinds), is_new)


def _with_enough(labels: Counter[str]) -> list[str]:
    return sorted(name for name, count in labels.items() if count >= MIN_LABELS)


def _with_flags(
    history: _History, result: TrainingResult, learnable: Learnable, flagged_share: float
) -> TrainingResult:
    """Return the result with the lowest threshold of possible duplicates that flags no more.

    All groups share one threshold, because a point means the same everywhere: a lower threshold
    for one group would cost more flags per duplicate found than it saves in another.
    """
    opened = _with_possible(result, learnable, 0)
    decisions = history.backtest(history.policy(opened.after))
    services = history.past.city.services
    scores = [
        MOST_POINTS * match.confidence
        if learnable.default or services[one.row.kind].dedup.group in learnable.groups
        else MOST_POINTS
        for one in decisions
        if (match := one.decision.duplicate) and one.decision.outcome in FLAGGED
    ]
    most = flagged_share * len(decisions)
    fits = (p for p in range(MOST_POINTS) if sum(score >= p for score in scores) <= most)
    return _with_possible(result, learnable, next(fits, MOST_POINTS))


def _with_possible(result: TrainingResult, learnable: Learnable, possible: int) -> TrainingResult:
    after = result.after
    groups = {
        group: _thresholds(t, possible) if group in learnable.groups else t
        for group, t in after.groups.items()
    }
    default = _thresholds(after.default, possible) if learnable.default else after.default
    return replace(result, after=replace(after, groups=groups, default=default))


def _thresholds(thresholds: Thresholds, possible: int) -> Thresholds:
    return replace(thresholds, possible=min(thresholds.duplicate, possible))
