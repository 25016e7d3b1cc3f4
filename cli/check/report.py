"""What a check found."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from cli.check.facts.book import FactBook
from cli.check.invariants import Clause, Invariant

_NAMED = 10


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which an invariant is broken.

    Attributes:
        ids: Of what breaks it; the first ten.
        what: What is wrong with each of them.
        count: How many there are.
    """

    ids: Sequence[str]
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one invariant holds; ``count`` is how many things break it."""

    id: str
    sentence: str
    holds: bool
    violations: Sequence[Violation]
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """Whether all invariants hold.

    Attributes:
        requests: How many requests were accepted.
        records: How many records were read.
        seconds: How long it took.
    """

    holds: bool
    requests: int
    records: int
    seconds: float
    invariants: Sequence[Verdict]


def verdict(invariant: Invariant, book: FactBook) -> Verdict:
    """Return whether the invariant holds of the facts."""
    found = [_violation(clause, book) for clause in invariant.clauses]
    violations = [one for one in found if one.count]
    count = sum(one.count for one in violations)
    return Verdict(invariant.id, invariant.sentence, not count, violations, count)


def _violation(clause: Clause, book: FactBook) -> Violation:
    rows = book.query(clause.query)
    named = [str(row[0]) for row in islice(rows, _NAMED)]
    return Violation(named, clause.what, len(named) + sum(1 for _ in rows))
