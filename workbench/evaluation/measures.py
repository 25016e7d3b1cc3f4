"""Agreement of decisions on past requests with labelled duplicates."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from workbench.evaluation.backtest import BacktestDecision

FLAGGED = frozenset({"duplicate", "possible_duplicate"})
_PERCENT = 100
_THRESHOLDS = [step / 200 for step in range(201)]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of decisions on some requests.

    Attributes:
        found: Labelled duplicates that were flagged.
        right_case: Labelled duplicates matched with a case that contains a request of the same
            problem.
        flagged: Requests decided as duplicates or possible duplicates.
    """

    requests: int = 0
    labelled: int = 0
    found: int = 0
    right_case: int = 0
    flagged: int = 0

    @property
    def recall(self) -> float | None:
        """Fraction of the labelled duplicates that were flagged; None without labels."""
        return share(self.found, self.labelled)

    @property
    def flagged_share(self) -> float | None:
        """Fraction of the requests that were flagged; None without requests."""
        return share(self.flagged, self.requests)

    @property
    def right_case_share(self) -> float | None:
        """Fraction of the labelled duplicates matched with the right case; None without labels."""
        return share(self.right_case, self.labelled)


@dataclass(frozen=True, slots=True)
class CurveStep:
    """Flags and recall at a threshold of confidence, with the cases as they are."""

    threshold: float
    flagged_share: float
    recall: float | None


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """The result of a back-test.

    Attributes:
        whole: Agreement on all counted requests.
        p99_us: 99th percentile of the processor time of a decision, in microseconds.
        kinds: Agreement by service code, the most frequent first.
        curve: Steps from confidence 0 to 1.
        outcomes: Number of requests by outcome.
        levels: Number of requests by priority.
        unmapped: Number of requests of a type that the catalogue lacks.
    """

    whole: Agreement
    p99_us: float
    kinds: dict[str, Agreement]
    curve: tuple[CurveStep, ...]
    outcomes: dict[str, int]
    levels: dict[str, int]
    unmapped: int


def share(part: int, whole: int) -> float | None:
    """Return a fraction; None when the whole is 0."""
    return part / whole if whole else None


def measure(
    decisions: Sequence[BacktestDecision],
    pairs: Iterable[tuple[str, str]],
    counted: Sequence[BacktestDecision],
) -> EvaluationResult:
    """Measure decisions against labels.

    Args:
        decisions: All decisions in order.
        pairs: Labelled duplicates, each with an earlier request of the same problem.
        counted: The decisions to count; the others are only history.
    """
    labels = list(pairs)
    duplicates = {duplicate for duplicate, _ in labels}
    right = _in_right_case(decisions, connected_components(labels))
    by_kind: defaultdict[str, list[BacktestDecision]] = defaultdict(list)
    for one in counted:
        by_kind[one.row.kind].append(one)
    frequent = sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0]))
    return EvaluationResult(
        whole=_agreement(counted, duplicates, right),
        p99_us=_p99([one.microseconds for one in counted]),
        kinds={kind: _agreement(of_kind, duplicates, right) for kind, of_kind in frequent},
        curve=_curve(counted, duplicates),
        outcomes=dict(Counter(one.decision.outcome for one in counted).most_common()),
        levels=dict(sorted(Counter(one.decision.priority.level for one in counted).items())),
        unmapped=sum(one.row.unmapped is not None for one in counted),
    )


def _in_right_case(decisions: Iterable[BacktestDecision], component_of: dict[str, str]) -> set[str]:
    """Return the requests matched with a case that already contained one of their component."""
    in_case: defaultdict[str, set[str]] = defaultdict(set)
    right: set[str] = set()
    for one in decisions:
        component, decision = component_of.get(one.row.request_id), one.decision
        if component is None:
            continue
        if decision.outcome in FLAGGED and decision.duplicate is not None:
            case_id = decision.duplicate.of_case
            right |= {one.row.request_id} if component in in_case[case_id] else set()
        if decision.case_id is not None:
            in_case[decision.case_id].add(component)
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
        match = one.decision.duplicate
        if match is not None and _is_flagged(one):
            yield one, match.confidence


def _p99(microseconds: Sequence[float]) -> float:
    if len(microseconds) < 2:  # noqa: PLR2004  a single figure is every percentile
        return max(microseconds, default=0.0)
    return quantiles(microseconds, n=_PERCENT)[-1]


def connected_components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the component of each request in the graph of labelled pairs, by union-find."""
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
