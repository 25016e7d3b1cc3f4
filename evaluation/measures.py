"""How well decisions on past requests agree with the duplicates that people labelled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from evaluation.backtest import BacktestDecision

FLAGGED = frozenset({"duplicate", "possible_duplicate"})
_PERCENT = 100
_THRESHOLDS = [step / 200 for step in range(201)]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How some requests were decided.

    Attributes:
        labelled: How many of them people called duplicates.
        found: How many of those were called duplicates or possible ones.
        right_case: How many were held against a case with another request of their family.
        flagged: How many requests were called duplicates or possible ones.
    """

    requests: int = 0
    labelled: int = 0
    found: int = 0
    right_case: int = 0
    flagged: int = 0

    @property
    def recall(self) -> float | None:
        """Share of the labelled duplicates that were found; None without labels."""
        return share(self.found, self.labelled)

    @property
    def flagged_share(self) -> float | None:
        """Share of the requests that were flagged."""
        return share(self.flagged, self.requests)

    @property
    def right_case_share(self) -> float | None:
        """Share of the labelled duplicates that were held against the right case."""
        return share(self.right_case, self.labelled)


@dataclass(frozen=True, slots=True)
class CurveStep:
    """What would be flagged if this confidence were asked for, cases being as they are."""

    threshold: float
    flagged_share: float
    recall: float | None


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What an evaluation found.

    Attributes:
        p99_us: Microseconds of processor time that all but one in a hundred decisions stay below.
        kinds: By service code, the commonest first.
        curve: From asking for nothing to asking for certainty.
        outcomes: How many requests had each outcome.
        levels: How many requests had each priority.
        unmapped: How many requests were of a kind that the catalogue does not know.
    """

    whole: Agreement
    p99_us: float
    kinds: dict[str, Agreement]
    curve: tuple[CurveStep, ...]
    outcomes: dict[str, int]
    levels: dict[str, int]
    unmapped: int


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole; None of nothing."""
    return part / whole if whole else None


def measure(
    judged: Sequence[BacktestDecision],
    pairs: Iterable[tuple[str, str]],
    counted: Sequence[BacktestDecision],
) -> EvaluationResult:
    """Return how well the rules did.

    Args:
        judged: Every request in the order decided.
        pairs: Labelled duplicates, each with an earlier request of the same problem.
        counted: Those of ``judged`` that are counted; the others are only history.
    """
    labels = list(pairs)
    duplicates = {duplicate for duplicate, _ in labels}
    right = _rightly_held(judged, connected_components(labels))
    by_kind: defaultdict[str, list[BacktestDecision]] = defaultdict(list)
    for one in counted:
        by_kind[one.row.kind].append(one)
    commonest = sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0]))
    return EvaluationResult(
        whole=_agreement(counted, duplicates, right),
        p99_us=_p99([one.microseconds for one in counted]),
        kinds={kind: _agreement(of_kind, duplicates, right) for kind, of_kind in commonest},
        curve=_curve(counted, duplicates),
        outcomes=dict(Counter(one.decision.outcome for one in counted).most_common()),
        levels=dict(sorted(Counter(one.decision.priority.level for one in counted).items())),
        unmapped=sum(not one.row.is_mapped for one in counted),
    )


def _rightly_held(judged: Iterable[BacktestDecision], family_of: dict[str, str]) -> set[str]:
    """Return the requests held against a case that had one of their family already."""
    in_case: defaultdict[str, set[str]] = defaultdict(set)
    right: set[str] = set()
    for one in judged:
        family, decision = family_of.get(one.row.request_id), one.decision
        if family is None:
            continue
        if decision.outcome in FLAGGED and decision.duplicate is not None:
            held = decision.duplicate.of_case
            right |= {one.row.request_id} if family in in_case[held] else set()
        if decision.case_id is not None:
            in_case[decision.case_id].add(family)
    return right


def _agreement(
    some: Sequence[BacktestDecision], duplicates: set[str], right: set[str]
) -> Agreement:
    labelled = [one for one in some if one.row.request_id in duplicates]
    return Agreement(
        requests=len(some),
        labelled=len(labelled),
        found=sum(_is_flagged(one) for one in labelled),
        right_case=sum(one.row.request_id in right for one in labelled),
        flagged=sum(_is_flagged(one) for one in some),
    )


def _is_flagged(one: BacktestDecision) -> bool:
    return one.decision.outcome in FLAGGED


def _curve(counted: Sequence[BacktestDecision], duplicates: set[str]) -> tuple[CurveStep, ...]:
    scored = [(score, one.row.request_id in duplicates) for one, score in _scores(counted)]
    labelled = sum(one.row.request_id in duplicates for one in counted)
    return tuple(
        CurveStep(
            threshold,
            share(sum(score >= threshold for score, _ in scored), len(counted)) or 0.0,
            share(sum(hit and score >= threshold for score, hit in scored), labelled),
        )
        for threshold in _THRESHOLDS
    )


def _scores(counted: Iterable[BacktestDecision]) -> Iterable[tuple[BacktestDecision, float]]:
    for one in counted:
        held = one.decision.duplicate
        if held is not None and _is_flagged(one):
            yield one, held.confidence


def _p99(microseconds: Sequence[float]) -> float:
    if len(microseconds) < 2:  # noqa: PLR2004  one figure is all its percentiles
        return max(microseconds, default=0.0)
    return quantiles(microseconds, n=_PERCENT)[-1]


def connected_components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each labelled request the name of its family: all that pairs connect."""
    parent: dict[str, str] = {}
    for one, other in pairs:
        parent[_root(parent, one)] = _root(parent, other)
    return {request: _root(parent, request) for request in list(parent)}


def _root(parent: dict[str, str], request: str) -> str:
    path = []
    while (above := parent.setdefault(request, request)) != request:
        path.append(request)
        request = above
    parent.update(dict.fromkeys(path, request))
    return request
