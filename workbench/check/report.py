"""Report of a check: every invariant with its violations."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from workbench.check.facts.store import FactStore
from workbench.check.invariants import Invariant, ViolationQuery

_MAX_IDS = 10


@dataclass(frozen=True, slots=True)
class Violation:
    """Violations of one kind.

    Attributes:
        ids: Ids of the first ten.
    """

    ids: Sequence[str]
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class InvariantResult:
    """Result of one invariant.

    Attributes:
        id: ``I1`` to ``I18``.
        holds: True without any violation.
    """

    id: str
    sentence: str
    holds: bool
    violations: Sequence[Violation]
    count: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Result of a check.

    Attributes:
        holds: True when all invariants hold.
    """

    holds: bool
    requests: int
    records: int
    seconds: float
    invariants: Sequence[InvariantResult]


def evaluate(invariant: Invariant, store: FactStore) -> InvariantResult:
    """Return the result of an invariant over the facts."""
    found = [_violation(query, store) for query in invariant.queries]
    violations = [one for one in found if one.count]
    count = sum(one.count for one in violations)
    return InvariantResult(invariant.id, invariant.sentence, not count, violations, count)


def _violation(query: ViolationQuery, store: FactStore) -> Violation:
    rows = store.query(query.query)
    ids = [str(row[0]) for row in islice(rows, _MAX_IDS)]
    return Violation(ids, query.what, len(ids) + sum(1 for _ in rows))
