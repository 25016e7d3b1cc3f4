"""How many people reported one problem, and what that adds to its urgency."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.triage.rules.priority.urgency import Point
from shared.catalogue.circumstances import Steps

MOST_COUNTED = 50
"""So many people are told apart at most; from here on there are "50 or more"."""

MOST_NAMELESS = 6
"""So many reports without a name count at most."""

_NAMELESS_PER_PERSON = 2  # some of them are of people who wrote before


@dataclass(frozen=True, slots=True)
class Reporters:
    """Who reported one problem so far.

    Attributes:
        people: Keyed hashes, at most ``MOST_COUNTED``.
        nameless: Reports of people who did not say who they are, at most ``MOST_NAMELESS``.
    """

    people: frozenset[str] = frozenset()
    nameless: int = 0

    def joined_by(self, reporter: str | None) -> "Reporters":
        """Return who they are with one more report; the same person again changes nothing."""
        if reporter is None:
            return Reporters(self.people, min(self.nameless + 1, MOST_NAMELESS))
        if len(self.people) >= MOST_COUNTED:
            return self
        return Reporters(self.people | {reporter}, self.nameless)

    @property
    def count(self) -> int:
        """How many they are: two reports without a name stand for one person."""
        return len(self.people) + self.nameless // _NAMELESS_PER_PERSON


NOBODY = Reporters()


def of_several(reporters: Reporters, steps: Steps) -> Iterator[Point]:
    """Yield the reason that a problem was reported by several people, if it was.

    Args:
        reporters: Who reported it, the present report included.
        steps: Points by how many they are.
    """
    count = reporters.count
    if points := steps(count):
        people = f"{MOST_COUNTED} people or more" if count >= MOST_COUNTED else f"{count} people"
        yield Point("several_reporters", points, people)
