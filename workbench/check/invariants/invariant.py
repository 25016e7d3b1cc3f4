"""Definition of an invariant: a sentence, and the queries that find its violations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViolationQuery:
    """A query for one kind of violation.

    Attributes:
        what: Description of each violation, read after its id.
        query: SQL over the facts; its one column is the id of what violates the invariant.
    """

    what: str
    query: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A statement that is true of every router at rest.

    Attributes:
        id: ``I1`` to ``I18``.
        queries: One for each kind of violation.
    """

    id: str
    sentence: str
    queries: tuple[ViolationQuery, ...]
