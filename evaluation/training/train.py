"""From a labelled history to proposed rules and what they would have done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from evaluation.backtest import BacktestDecision, backtest
from evaluation.exports import RequestHistory, UnreadableRowsError, read_requests
from evaluation.measures import FLAGGED, EvaluationResult, connected_components, measure
from evaluation.training.fitting import FEWEST_LABELS, Learnable, fit
from evaluation.training.limits import propose_limits
from evaluation.training.proposal import Effects, TrainingResult, proposal
from evaluation.training.rules_text import PLAIN, plain_evidence
from evaluation.training.samples import Sample, samples
from evaluation.trial import Period, ProgressTracker, Selection
from services.triage.policy import CityPolicy, TriagePolicy
from shared.catalogue import Catalogue, load_catalogue
from shared.catalogue.evidence import MOST_POINTS, DedupLimits, Evidence, Thresholds
from shared.catalogue.evidence_file import EVIDENCE

Pairs: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TrainedRules:
    """A proposed rules file and what it does to the history that it comes from."""

    text: str
    effects: Effects


class _History:
    """The labelled requests that rules are learnt from and tried on."""

    def __init__(
        self, past: RequestHistory, pairs: Pairs, catalogue: Catalogue, track: ProgressTracker
    ) -> None:
        self.past = past
        self.pairs = pairs
        own = {past.city.id: past.city}
        self._catalogue = replace(catalogue, jurisdictions=own)
        self._track = track

    def rulebook(self, evidence: Evidence | None = None) -> TriagePolicy:
        """Return the rules in use, or with this evidence in place of the one in use."""
        return TriagePolicy(self._catalogue, {self.past.city.id: evidence} if evidence else None)

    def tried(self, rulebook: TriagePolicy) -> list[BacktestDecision]:
        """Decide them all."""
        return list(self._track(backtest(self.past, rulebook), len(self.past.rows)))

    def outcome(self, judged: Sequence[BacktestDecision]) -> EvaluationResult:
        """Return how well that agrees with the labels."""
        return measure(judged, self.pairs, judged)


def train(
    selection: Selection,
    pairs: Pairs,
    catalogue_root: Path,
    flagged_share: float,
    track: ProgressTracker,
) -> TrainedRules:
    """Propose prior, radius, window and thresholds of what has labels enough.

    Args:
        selection: The history to learn from; requests outside its period do not exist for it.
        pairs: Its labelled duplicates.
        catalogue_root: The rules in use.
        flagged_share: How many of all requests may be flagged at most.
        track: Shows how far it is.

    Raises:
        UnreadableRowsError: No labelled pair lies within reach.
    """
    catalogue = load_catalogue(catalogue_root)
    past = read_requests(selection.requests, catalogue, selection.city_id)
    period = Period.of(past, selection.since, selection.until, selection.after)
    past = replace(past, rows=[row for row in past.rows if row.reported_at in period])
    history = _History(past, pairs, catalogue, track)
    in_use = history.rulebook()
    learnt, learners = _learn(history, in_use.cities[past.city.id])
    before = history.outcome(history.tried(in_use))
    learnt = _flagging(history, learnt, learners, flagged_share)
    after = history.outcome(history.tried(history.rulebook(learnt.after)))
    effects = Effects(before, after)
    file = past.city.folder / EVIDENCE
    text = file.read_text(encoding="utf-8") if file.exists() else PLAIN
    return TrainedRules(proposal(learnt, text, effects), effects)


def _learn(history: _History, in_use: CityPolicy) -> tuple[TrainingResult, Learnable]:
    past = history.past
    base = in_use.evidence or plain_evidence()
    wide = propose_limits(past, history.pairs, in_use)
    limits = {kind: DedupLimits(s.limits.radius_m, s.limits.window) for kind, s in wide.items()}
    measured_by = replace(base, limits={**base.limits, **limits})
    found = list(samples(past, history.rulebook(measured_by), connected_components(history.pairs)))
    if not any(sample.is_one_problem for sample in found):
        raise UnreadableRowsError("no labelled pair lies within window and reach of another")
    learners = _learners(found, is_new=in_use.evidence is None)
    after = fit(found, measured_by, learners)
    return TrainingResult(
        base, after, len(past.rows), found, wide, past.city.dedup_groups
    ), learners


def _learners(found: Sequence[Sample], *, is_new: bool) -> Learnable:
    groups = Counter(sample.group for sample in found if sample.is_one_problem)
    kinds = Counter(sample.kind for sample in found if sample.is_one_problem)
    return Learnable(_with_enough(groups), _with_enough(kinds), is_new)


def _with_enough(labels: Counter[str]) -> list[str]:
    return sorted(name for name, count in labels.items() if count >= FEWEST_LABELS)


def _flagging(
    history: _History, learnt: TrainingResult, learners: Learnable, flagged_share: float
) -> TrainingResult:
    """Return it with the lowest thresholds of possible duplicates that flag no more than this.

    All that is learnt shares one threshold, for a point is worth the same everywhere: a lower one
    for one kind would cost more flags for each duplicate found than it would save elsewhere.
    """
    opened = _with_possible(learnt, learners, 0)
    judged = history.tried(history.rulebook(opened.after))
    groups = history.past.city.services
    scores = [
        MOST_POINTS * held.confidence
        if learners.default or groups[one.row.kind].dedup.group in learners.groups
        else MOST_POINTS
        for one in judged
        if (held := one.decision.duplicate) and one.decision.outcome in FLAGGED
    ]
    most = flagged_share * len(judged)
    fits = (p for p in range(MOST_POINTS) if sum(score >= p for score in scores) <= most)
    return _with_possible(learnt, learners, next(fits, MOST_POINTS))


def _with_possible(learnt: TrainingResult, learners: Learnable, possible: int) -> TrainingResult:
    after = learnt.after
    groups = {
        group: _asking(asked, possible) if group in learners.groups else asked
        for group, asked in after.groups.items()
    }
    default = _asking(after.default, possible) if learners.default else after.default
    return replace(learnt, after=replace(after, groups=groups, default=default))


def _asking(asked: Thresholds, possible: int) -> Thresholds:
    return replace(asked, possible=min(asked.duplicate, possible))
