"""The city's bureaus: they read their work orders and say what becomes of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo.run.courses import Step, first_look, handover, rest_of
from cli.demo.scenario.chance import Random
from shared.contract.events import WorkOrder, WorkOrderUpdate

SILENT = "PEMO"
"""The bureau that answers nothing, so that a silent one can be seen."""
CONFUSED = "BPS-GRAFFITI"
"""The bureau that answers once with the number of a version that there never was."""
GIVES_AWAY, TAKES_OVER = "PBOT-PARKING", "IRP"
"""The bureau that gives one piece of work to another, and the other."""

_NO_SUCH_VERSION = 99
_SCHEDULED_IN = timedelta(days=1)


@dataclass(slots=True)
class _Work:
    """One work order in its bureau's books."""

    order: WorkOrder
    steps: tuple[Step, ...]
    said: int = 0

    @property
    def next_step(self) -> Step | None:
        """What comes next, once the router has told that the step before it counts."""
        if self.said == len(self.steps):
            return None
        before = self.steps[self.said - 1].status if self.said else "issued"
        return self.steps[self.said] if self.order.status == before else None


class Bureaus:
    """All bureaus of the city; until they begin to work they only say that they have seen it."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._books: dict[str, _Work] = {}
        self._working = False
        self._confused = False
        self._given_away = False

    @property
    def busy(self) -> int:
        """How many work orders still wait for a bureau's next step."""
        return sum(work.said < len(work.steps) for work in self._books.values())

    def hear(self, order: WorkOrder, now: datetime) -> list[WorkOrderUpdate]:
        """Take in a work order as it is now; return what its bureau says to that."""
        if order.bureau == SILENT:
            return []
        work = self._books.get(order.work_order_id)
        if work is None:
            work = self._books[order.work_order_id] = _Work(order, first_look(order, self._rng))
            if self._working:
                work.steps += self._rest(work)
        elif order.version > work.order.version:
            work.order = order
        return [*self._blunder(work, now), *_go_on(work, now)]

    def begin_to_work(self, now: datetime) -> list[WorkOrderUpdate]:
        """From now on work is done; return what the bureaus say first."""
        self._working = True
        for work in self._books.values():
            work.steps += self._rest(work)
        return [update for work in self._books.values() for update in _go_on(work, now)]

    def _rest(self, work: _Work) -> tuple[Step, ...]:
        order = work.order
        if order.bureau == GIVES_AWAY and order.role == "lead" and not self._given_away:
            self._given_away = True
            return handover(TAKES_OVER)
        return rest_of(order, self._rng)

    def _blunder(self, work: _Work, now: datetime) -> Iterable[WorkOrderUpdate]:
        if work.order.bureau != CONFUSED or self._confused:
            return
        self._confused = True
        update = _update(work.order, Step("in_progress"), now)
        yield update.model_copy(update={"expected_version": _NO_SUCH_VERSION})


def _go_on(work: _Work, now: datetime) -> Iterable[WorkOrderUpdate]:
    if step := work.next_step:
        work.said += 1
        yield _update(work.order, step, now)


def _update(order: WorkOrder, step: Step, now: datetime) -> WorkOrderUpdate:
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
