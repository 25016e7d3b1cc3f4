"""When somebody can be reached."""

from dataclasses import dataclass
from datetime import time
from typing import Self

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a week in local time.

    Attributes:
        always: Open at every hour of every day, holidays included; ``week`` is then empty.
        week: Per day from Monday to Sunday the opening and the closing time; None is closed.
    """

    always: bool
    week: tuple[tuple[time, time] | None, ...]

    @classmethod
    def around_the_clock(cls) -> Self:
        """Return hours that never close."""
        return cls(always=True, week=())
