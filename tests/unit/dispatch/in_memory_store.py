"""Dispatch's tables in memory, as its handlers need them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.unit_of_work import (
    ChangeSet,
    CommandKey,
    ProcessedCommand,
    ProcessedUpdate,
    UpdateKey,
)


class InMemoryDispatchStore:
    """Cases and work orders in tables of their own, so that a row left out stays as it was."""

    def __init__(self) -> None:
        self.updates: dict[UpdateKey, ProcessedUpdate] = {}
        self.commands: dict[CommandKey, ProcessedCommand] = {}
        self.case_requests: dict[str, CaseRequest] = {}
        self._cases: dict[str, Case] = {}
        self._orders: dict[str, tuple[str, CaseWorkOrder]] = {}

    @property
    def all(self) -> Sequence[Case]:
        """Every case, in the order of opening."""
        return [self._whole(case_id) for case_id in self._cases]

    @property
    def requests(self) -> dict[str, str]:
        """The case of each request."""
        return {request_id: request.case_id for request_id, request in self.case_requests.items()}

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        wanted = {self._orders[i][0] for i in work_order_ids if i in self._orders}
        for case_id in self._cases.keys() & set(case_ids):
            wanted |= {case_id, *self._homes(case_id)}
        return [self._whole(i) for i in sorted(wanted)]

    def _homes(self, case_id: str) -> Iterator[str]:
        while into := self._cases[case_id].merged_into:
            yield into
            case_id = into

    async def requests_in_cases(self, request_ids: Collection[str]) -> Collection[str]:
        return self.case_requests.keys() & set(request_ids)

    async def processed_updates(self, keys: Collection[UpdateKey]) -> Collection[UpdateKey]:
        return self.updates.keys() & set(keys)

    async def processed_commands(self, keys: Collection[CommandKey]) -> Collection[CommandKey]:
        return self.commands.keys() & set(keys)

    async def requests_of(self, case_ids: Collection[str]) -> Sequence[CaseRequest]:
        return [request for request in self.case_requests.values() if request.case_id in case_ids]

    async def write(self, writing: ChangeSet) -> None:
        for case in writing.opened_cases:
            self._cases[case.case_id] = case
        restated = {case.case_id for case in writing.new_opener_cases}
        for case in writing.changed_cases:
            known = self._cases[case.case_id]
            stands_for = case if case.case_id in restated else known
            self._cases[case.case_id] = replace(
                case, opened_by=stands_for.opened_by, problem=stands_for.problem
            )
        for case_id, order in writing.new_orders:
            self._orders[order.work_order_id] = (case_id, order)
        for order in writing.changed_orders:
            self._orders[order.work_order_id] = (self._orders[order.work_order_id][0], order)
        for request in (*writing.joined_requests, *writing.moved_requests):
            self.case_requests[request.request_id] = request
        self.commands.update({command.key: command for command in writing.commands})
        self.updates.update({update.key: update for update in writing.updates})

    def rename_kind(self, case_id: str, service_code: str) -> None:
        """Let the case be of a kind that the catalogue may not have."""
        self._cases[case_id] = replace(self._cases[case_id], service_code=service_code)

    def _whole(self, case_id: str) -> Case:
        orders = [order for of, order in self._orders.values() if of == case_id]
        by_number = tuple(sorted(orders, key=lambda order: order.number))
        return replace(self._cases[case_id], orders=by_number)
