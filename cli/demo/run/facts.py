"""What the router's topics and its API said; nothing here comes from the plan of the day."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from shared.contract import events as e


@dataclass(frozen=True, slots=True)
class Parked:
    """A record that a service could not handle."""

    topic: str
    code: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A work order as it first reached its bureau's topic."""

    order: e.WorkOrder
    at: datetime


@dataclass(slots=True)
class Facts:
    """All that was read so far.

    Attributes:
        accepted: By source and id of the submission.
        rejected: By the id of the answer.
        accepted_at: When intake took each request.
        followers: Requests of each case, in the order in which they joined it.
        raised: Priorities that rose after their case was opened.
        leads: For each case the first work order of a bureau that leads it.
        surges: As they were told first, by their ids.
        surges_over: As they were told when they were over.
        orders: Every work order as its bureau was told last.
        updates: The receipt for each update of a bureau.
        undelivered: Why messages were not sent, and how often.
        leaks: Records that held a reporter's address where none belongs.
    """

    accepted: dict[tuple[str, str], e.Acceptance] = field(default_factory=dict)
    rejected: dict[str, e.Rejection] = field(default_factory=dict)
    requests: dict[str, e.Request] = field(default_factory=dict)
    accepted_at: dict[str, datetime] = field(default_factory=dict)
    decisions: dict[str, e.Decision] = field(default_factory=dict)
    cases: dict[str, e.CaseState] = field(default_factory=dict)
    followers: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    surges: dict[str, e.Surge] = field(default_factory=dict)
    surges_over: dict[str, e.Surge] = field(default_factory=dict)
    raised: list[e.CaseRaise] = field(default_factory=list)
    leads: dict[str, Issued] = field(default_factory=dict)
    orders: dict[str, e.WorkOrder] = field(default_factory=dict)
    updates: dict[str, e.UpdateReceipt] = field(default_factory=dict)
    sent: dict[str, e.Notification] = field(default_factory=dict)
    undelivered: Counter[str] = field(default_factory=Counter)
    parked: list[Parked] = field(default_factory=list)
    leaks: int = 0

    @property
    def answered(self) -> int:
        """How many submissions got an answer, whichever."""
        return len(self.accepted) + len(self.rejected)

    @property
    def refused(self) -> list[e.UpdateReceipt]:
        """The updates of bureaus that changed nothing."""
        return [receipt for receipt in self.updates.values() if receipt.code is not None]
