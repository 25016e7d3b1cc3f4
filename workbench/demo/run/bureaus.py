"""Simulator of the city's bureaus: it reads work orders and returns updates of their status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contract.events import WorkOrder, WorkOrderUpdate
from shared.vocabulary import FINAL_STATUSES, UpdateStatus
from workbench.demo.scenario.randomness import Random

SILENT = "PEMO"
"""Bureau that never sends an update, so that the summary shows one that is not connected."""
CONFUSED = "BPS-GRAFFITI"
"""Bureau that once refers to a version of a work order that does not exist."""
TRANSFERS_FROM, TRANSFERS_TO = "PBOT-PARKING", "IRP"
"""Bureau that transfers one work order, and the bureau that gets it."""

URGENT = frozenset({"P1", "P2"})
MANY_REPORTS = 10

_ACKNOWLEDGED_WHEN_INFORMED = 0.7
_NO_SUCH_VERSION = 99
_DECLINED_BEFORE = "declined-by-bureau"
_SCHEDULED_IN = timedelta(days=1)
_REASONS = (
    "Nothing was found at this place.",
    "This is the property owner's to repair; the owner has been told.",
    "It was gone when the crew came.",
)


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """One update of a work order.

    Attributes:
        reason: Of a declined work order.
        transfer_to: Code of the bureau that gets a transferred one.
    """

    status: UpdateStatus
    note: str | None = None
    reason: str | None = None
    transfer_to: str | None = None


_ACKNOWLEDGED = UpdateStep("acknowledged")
_SCHEDULED = UpdateStep("scheduled", "A crew is scheduled for this.")
_IN_PROGRESS = UpdateStep("in_progress", "A crew is on its way.")
_COMPLETED = UpdateStep("completed", "The work is done. Thank you for telling us.")
_MADE_SAFE = UpdateStep("completed", "Our crew was there and made it safe.")
_VISITED = UpdateStep("completed", "Our team was there, took the trash away and offered help.")


@dataclass(slots=True)
class _TrackedOrder:
    """A work order at its bureau, with the updates that the bureau has planned and sent."""

    order: WorkOrder
    steps: tuple[UpdateStep, ...]
    sent: int = 0

    def next_update(self, now: datetime) -> list[WorkOrderUpdate]:
        """Return the next update once the router has applied the one before it."""
        if self.sent == len(self.steps):
            return []
        before = self.steps[self.sent - 1].status if self.sent else "issued"
        if self.order.status != before:
            return []
        self.sent += 1
        return [_update(self.order, self.steps[self.sent - 1], now)]


class BureauSimulator:
    """All bureaus of the city; until work starts they only acknowledge."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._tracked: dict[str, _TrackedOrder] = {}
        self._working = False
        self._confused = False
        self._transferred = False

    @property
    def unfinished(self) -> int:
        """Number of work orders with planned updates that were not sent yet."""
        return sum(tracked.sent < len(tracked.steps) for tracked in self._tracked.values())

    def receive(self, order: WorkOrder, now: datetime) -> list[WorkOrderUpdate]:
        """Take a work order in its present state; return the bureau's updates."""
        if order.bureau == SILENT:
            return []
        tracked = self._tracked.get(order.work_order_id)
        if tracked is None:
            tracked = _TrackedOrder(order, self._first_steps(order))
            self._tracked[order.work_order_id] = tracked
            if self._working:
                tracked.steps += self._work_steps(order)
        elif order.version > tracked.order.version:
            tracked.order = order
        if tracked.order.status in FINAL_STATUSES:  # the work may have gone to another bureau
            tracked.steps = tracked.steps[: tracked.sent]
        return [*self._confused_update(order, now), *tracked.next_update(now)]

    def start_work(self, now: datetime) -> list[WorkOrderUpdate]:
        """Plan work on all orders, present and future; return the first updates."""
        self._working = True
        for tracked in self._tracked.values():
            if tracked.order.status not in FINAL_STATUSES:
                tracked.steps += self._work_steps(tracked.order)
        return [update for tracked in self._tracked.values() for update in tracked.next_update(now)]

    def _first_steps(self, order: WorkOrder) -> tuple[UpdateStep, ...]:
        if order.route_rule == _DECLINED_BEFORE:
            return ()
        informed = order.role == "informed"
        ignored = informed and self._rng.random() > _ACKNOWLEDGED_WHEN_INFORMED
        return () if ignored else (_ACKNOWLEDGED,)

    def _work_steps(self, order: WorkOrder) -> tuple[UpdateStep, ...]:
        """Return a plan: what is urgent or often reported is completed today."""
        if order.bureau == TRANSFERS_FROM and order.role == "lead" and not self._transferred:
            self._transferred = True
            note = "Another bureau takes this over."
            return (UpdateStep("transferred", note, transfer_to=TRANSFERS_TO),)
        if order.role == "informed":
            return ()
        if order.priority.level in URGENT:
            return _IN_PROGRESS, _MADE_SAFE
        if order.request_count >= MANY_REPORTS:
            return _IN_PROGRESS, _VISITED
        reason = self._rng.choice(_REASONS)
        declined = UpdateStep("declined", "We looked at it and will not act on it.", reason)
        if order.route_rule == _DECLINED_BEFORE:
            return (declined,)
        return self._rng.choices(
            (
                (_SCHEDULED, _COMPLETED),
                (_IN_PROGRESS, _COMPLETED),
                (_SCHEDULED,),
                (declined,),
                (),
            ),
            (22, 20, 25, 8, 25),
        )[0]

    def _confused_update(self, order: WorkOrder, now: datetime) -> list[WorkOrderUpdate]:
        if order.bureau != CONFUSED or self._confused:
            return []
        self._confused = True
        update = _update(order, UpdateStep("in_progress"), now)
        return [update.model_copy(update={"expected_version": _NO_SUCH_VERSION})]


def _update(order: WorkOrder, step: UpdateStep, now: datetime) -> WorkOrderUpdate:
    return WorkOrderUpdate(
        work_order_id=order.work_order_id,
        bureau=order.bureau,
        status=step.status,
        at=now,
        public_note=step.note,
        scheduled_for=now + _SCHEDULED_IN if step.status == "scheduled" else None,
        reason=step.reason,
        transfer_to=step.transfer_to,
    )
