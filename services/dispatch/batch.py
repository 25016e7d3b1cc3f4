"""The cases that a batch of messages touches: as they were stored, and as they are by now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.dispatch.rules.case import Case, WorkOrder
from services.dispatch.writing import TakenUpdate, UpdateKey, Writing
from shared.events import Event


@dataclass(frozen=True, slots=True)
class Telling:
    """Work orders of a case that their bureaus must hear of, and the event that led to it."""

    case: Case
    orders: Sequence[WorkOrder]
    cause: Event


class Batch:
    """Looks like the store does after every message before, though nothing is written yet."""

    def __init__(
        self, stored: Iterable[Case], requests: Iterable[str], updates: Iterable[UpdateKey]
    ) -> None:
        """Begin with what the store holds.

        Args:
            stored: Every case that the messages are about.
            requests: Those of their requests that belong to a case already.
            updates: Those of their updates that were taken already.
        """
        self._stored = {case.case_id: case for case in stored}
        self._cases = dict(self._stored)
        self._case_of = {
            o.work_order_id: c.case_id for c in self._stored.values() for o in c.orders
        }
        self._causes: dict[str, Event] = {}
        self._untold: set[str] = set()
        self._known_requests = set(requests)
        self._known_updates = set(updates)
        self._joined: list[tuple[str, str]] = []
        self._taken: list[TakenUpdate] = []

    def has_request(self, request_id: str) -> bool:
        """Whether the request belongs to a case."""
        return request_id in self._known_requests

    def has_update(self, key: UpdateKey) -> bool:
        """Whether the update was taken before."""
        return key in self._known_updates

    def case(self, case_id: str) -> Case | None:
        """Return the case as it is by now."""
        return self._cases.get(case_id)

    def case_with(self, work_order_id: str) -> tuple[Case, WorkOrder] | None:
        """Return the work order as it is by now, with its case."""
        case_id = self._case_of.get(work_order_id)
        if case_id is None:
            return None
        case = self._cases[case_id]
        return case, next(o for o in case.orders if o.work_order_id == work_order_id)

    def join(self, request_id: str, case: Case, cause: Event) -> None:
        """Take the request in; ``case`` is its case after that."""
        self._known_requests.add(request_id)
        self._joined.append((request_id, case.case_id))
        self.change(case, cause)

    def take(self, update: TakenUpdate) -> None:
        """Note what became of an update."""
        self._known_updates.add(update.key)
        self._taken.append(update)

    def change(self, case: Case, cause: Event) -> None:
        """Put the case in the place of its older self."""
        self._untold |= _news(self._cases.get(case.case_id), case)
        self._cases[case.case_id] = case
        self._causes[case.case_id] = cause

    def version_of(self, order: WorkOrder) -> int:
        """Return the version that the work order has when all of this is told."""
        return order.version + (order.work_order_id in self._untold)

    def tell(self) -> Iterator[Telling]:
        """Yield the work orders whose bureaus do not know them as they are; each is told once."""
        for case_id, cause in self._causes.items():
            case = self._cases[case_id]
            told = {
                order.number: replace(order, version=order.version + 1)
                for order in case.orders
                if order.work_order_id in self._untold
            }
            orders = tuple(told.get(order.number, order) for order in case.orders)
            self._cases[case_id] = replace(case, orders=orders)
            yield Telling(case, list(told.values()), cause)
        self._untold.clear()

    def writing(self) -> Writing:
        """Return what differs from the store; whatever is to be told must have been told."""
        touched = [self._cases[case_id] for case_id in self._causes]
        before = {o.work_order_id: o for c in self._stored.values() for o in c.orders}
        orders = [(case.case_id, order) for case in touched for order in case.orders]
        return Writing(
            opened=[case for case in touched if case.case_id not in self._stored],
            changed=[
                case
                for case in touched
                if case.case_id in self._stored
                and case.version != self._stored[case.case_id].version
            ],
            issued=[(case_id, o) for case_id, o in orders if o.work_order_id not in before],
            moved=[o for _, o in orders if before.get(o.work_order_id, o) != o],
            requests=self._joined,
            updates=self._taken,
        )


def _news(before: Case | None, after: Case) -> set[str]:
    """Return the ids of the work orders that their bureaus must hear of after a change.

    The state of the case is part of each bureau's newest work order. An older one, which the
    bureau gave away, is told for the last time when it is given away.
    """
    known = before.orders if before else ()
    news = {order.work_order_id for order in after.orders if order not in known}
    if before is None or before.version != after.version:
        newest = {order.bureau: order.work_order_id for order in after.orders}
        news.update(newest.values())
    return news
