"""How many callers can be inside at once without waiting too long."""

from dataclasses import dataclass, field

LONGEST_WAIT_S = 0.3
"""The longest wait that a caller who is let in should expect; less than half of their patience."""
FEWEST_INSIDE = 50
"""So many may always be inside: below it the pace of small batches says too little."""
MOST_INSIDE = 1_000
_WEIGHT = 0.3
"""Of the latest batch; what came before fades to a tenth in seven batches."""


@dataclass(slots=True)
class Pace:
    """Learns from each batch how fast callers are answered; whoever waits, waits their number.

    Attributes:
        most_inside: How many callers there can be so that the last waits ``LONGEST_WAIT_S``.
    """

    most_inside: int = 300
    _per_second: float | None = field(default=None, init=False)

    def note(self, answered: int, took_s: float) -> None:
        """Learn that so many callers got an answer, good or bad, in so many seconds."""
        now = answered / max(took_s, 1e-3)
        before = now if self._per_second is None else self._per_second
        self._per_second = before + _WEIGHT * (now - before)
        affordable = int(self._per_second * LONGEST_WAIT_S)
        self.most_inside = max(FEWEST_INSIDE, min(affordable, MOST_INSIDE))
