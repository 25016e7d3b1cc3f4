"""Dispatch's tables in memory, as its handlers need them."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.dispatch.rules.case import Case, WorkOrder
from services.dispatch.writing import TakenUpdate, UpdateKey, Writing


class InMemoryCases:
    """Cases and work orders in tables of their own, so that a row left out stays as it was."""

    def __init__(self) -> None:
        self.updates: dict[UpdateKey, TakenUpdate] = {}
        self.requests: dict[str, str] = {}
        self._cases: dict[str, Case] = {}
        self._orders: dict[str, tuple[str, WorkOrder]] = {}

    @property
    def all(self) -> Sequence[Case]:
        """Every case, in the order of opening."""
        return [self._whole(case_id) for case_id in self._cases]

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        of_orders = {self._orders[i][0] for i in work_order_ids if i in self._orders}
        return [self._whole(i) for i in sorted(of_orders | (self._cases.keys() & set(case_ids)))]

    async def requests_in_cases(self, request_ids: Collection[str]) -> Collection[str]:
        return self.requests.keys() & set(request_ids)

    async def updates_taken(self, keys: Collection[UpdateKey]) -> Collection[UpdateKey]:
        return self.updates.keys() & set(keys)

    async def write(self, writing: Writing) -> None:
        for case in (*writing.opened, *writing.changed):
            self._cases[case.case_id] = case
        for case_id, order in writing.issued:
            self._orders[order.work_order_id] = (case_id, order)
        for order in writing.moved:
            self._orders[order.work_order_id] = (self._orders[order.work_order_id][0], order)
        self.requests.update(writing.requests)
        self.updates.update({update.key: update for update in writing.updates})

    def _whole(self, case_id: str) -> Case:
        orders = [order for of, order in self._orders.values() if of == case_id]
        by_number = tuple(sorted(orders, key=lambda order: order.number))
        return replace(self._cases[case_id], orders=by_number)
