"""What can be wrong with a submission."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a submission.

    Attributes:
        field: Where, as a path with dots from the submission's root; empty for the root.
        code: What, as a name that stays.
        message: What to do about it, for the people behind the adapter; never a value handed in.
    """

    field: str
    code: str
    message: str


def without_echoes(flaws: Iterable[Flaw], known: Collection[Flaw]) -> tuple[Flaw, ...]:
    """Return the flaws that ``known`` does not explain.

    Whoever wrote an impossible latitude is not told as well that the point is incomplete: a flaw
    of a field, of what it is part of or of its parts explains the others.
    """
    return tuple(
        flaw for flaw in flaws if not any(_related(flaw.field, other.field) for other in known)
    )


def _related(field: str, other: str) -> bool:
    return field == other or _within(field, other) or _within(other, field)


def _within(part: str, whole: str) -> bool:
    return not whole or part.startswith(f"{whole}.")
