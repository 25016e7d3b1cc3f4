"""What an invariant is: a sentence, and the queries that find what breaks it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """One way to break an invariant.

    Attributes:
        what: What is wrong with each of the things found; the sentence goes on from their ids.
        query: Over the facts; its one column is the id of what breaks the invariant.
    """

    what: str
    query: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """What holds of every running router, as PROMISES says."""

    id: str
    sentence: str
    clauses: tuple[Clause, ...]
