"""How many callers are answered together, and so how many can be inside without a long wait."""

from dataclasses import dataclass

LONGEST_BATCH_S = 0.25
"""Whoever comes as a batch begins waits for two of them: less than their patience."""
FEWEST_AT_ONCE = 150
"""Most of a batch's time is the way to the database and back, so small batches gain nothing."""
MOST_AT_ONCE = 500


@dataclass(slots=True)
class Pace:
    """Learns from each batch: larger ones while they are quick, smaller ones when they are slow.

    Attributes:
        most_at_once: How many callers are answered in one transaction.
    """

    most_at_once: int = 200

    @property
    def most_inside(self) -> int:
        """How many callers there can be: a batch that is under way and one that waits for it."""
        return 2 * self.most_at_once

    def note(self, answered: int, took_s: float) -> None:
        """Learn that so many callers got an answer, good or bad, in so many seconds."""
        if took_s > LONGEST_BATCH_S:
            shrunk = int(self.most_at_once * max(0.7, LONGEST_BATCH_S / took_s))
            self.most_at_once = max(FEWEST_AT_ONCE, shrunk)
        elif answered >= self.most_at_once:
            self.most_at_once = min(MOST_AT_ONCE, self.most_at_once + self.most_at_once // 10)
