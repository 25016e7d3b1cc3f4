"""Who hears of a report besides the lead, and who takes it while the lead is closed."""

from dataclasses import dataclass
from datetime import time
from typing import Self

FOR_LIFE_IN_DANGER = "EXT-911"
"""The agency that people call where a life is in danger."""

OUTSIDE_PREFIX = "EXT-"
"""How the codes of agencies outside the city begin."""


@dataclass(frozen=True, slots=True)
class Informed:
    """A bureau that hears of the case as well; ``when`` names the condition, None is always."""

    bureau: str
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """An agency outside the city that must act as well, or instead.

    Attributes:
        reason: Why, where it is not for the reason that the agency is mostly named for.
    """

    agency: str
    when: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AfterHours:
    """Who takes a report while the lead is closed.

    Attributes:
        bureau: This bureau of the city; None leaves it to ``agency`` or to the next opening.
        agency: This agency outside the city, where ``bureau`` is None or closed too.
        urgent_only: Only a report that is urgent goes this way; others wait for the opening.
        text: Names and telephone numbers for the resident; empty when the report just waits.
    """

    bureau: str | None
    agency: str | None
    urgent_only: bool
    text: str


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
