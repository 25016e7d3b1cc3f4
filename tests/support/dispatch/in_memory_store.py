"""In-memory store of dispatch."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from services.dispatch.records.changes import (
    CaseHistoryEntry,
    ChangeSet,
    MessageKey,
    ProcessedMessage,
    WaitingCommand,
)
from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder


class InMemoryDispatchStore:
    """Cases and work orders in separate tables, so that a row that is not written stays."""

    def __init__(self) -> None:
        self.updates: dict[MessageKey, ProcessedMessage] = {}
        self.commands: dict[MessageKey, ProcessedMessage] = {}
        self.case_requests: dict[str, CaseRequest] = {}
        self.history: list[CaseHistoryEntry] = []
        self.waiting: list[WaitingCommand] = []
        self._cases: dict[str, Case] = {}
        self._orders: dict[str, tuple[str, CaseWorkOrder]] = {}

    @property
    def all(self) -> Sequence[Case]:
        """Every case, in the order of opening."""
        return [self._with_orders(case_id) for case_id in self._cases]

    @property
    def requests(self) -> dict[str, str]:
        """The case of each request."""
        return {request_id: request.case_id for request_id, request in self.case_requests.items()}

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        wanted = {self._orders[i][0] for i in work_order_ids if i in self._orders}
        for case_id in self._cases.keys() & set(case_ids):
            wanted |= {case_id, *self._merge_targets(case_id)}
        return [self._with_orders(i) for i in sorted(wanted)]

    def _merge_targets(self, case_id: str) -> Iterator[str]:
        while into := self._cases[case_id].merged_into:
            yield into
            case_id = into

    async def requests_in_cases(self, request_ids: Collection[str]) -> Mapping[str, str]:
        return {i: case_id for i, case_id in self.requests.items() if i in request_ids}

    async def history_entries(self, event_ids: Collection[str]) -> Collection[str]:
        return {e.event_id for e in self.history if e.event_id} & set(event_ids)

    async def processed(self, keys: Collection[MessageKey]) -> Collection[MessageKey]:
        return (self.updates.keys() | self.commands.keys()) & set(keys)

    async def requests_of(self, case_ids: Collection[str]) -> Sequence[CaseRequest]:
        return [request for request in self.case_requests.values() if request.case_id in case_ids]

    async def write(self, changes: ChangeSet) -> None:
        self.history += changes.history
        self.waiting += changes.waiting
        for case in changes.opened_cases:
            self._cases[case.case_id] = case
        restated = {case.case_id for case in changes.restated_cases}
        for case in changes.changed_cases:
            known = self._cases[case.case_id]
            opener = case if case.case_id in restated else known
            self._cases[case.case_id] = replace(
                case,
                opened_by=opener.opened_by,
                problem=opener.problem,
                service_code=opener.service_code,
                dedup_group=opener.dedup_group,
            )
        for case_id, order in changes.new_orders:
            self._orders[order.work_order_id] = (case_id, order)
        for order in changes.changed_orders:
            self._orders[order.work_order_id] = (self._orders[order.work_order_id][0], order)
        for request in (*changes.joined_requests, *changes.changed_requests):
            self.case_requests[request.request_id] = request
        for message in changes.processed:
            (self.updates if message.key.bureau else self.commands)[message.key] = message

    def rename_kind(self, case_id: str, service_code: str) -> None:
        """Set the kind of a case, to one that the catalogue may lack."""
        self._cases[case_id] = replace(self._cases[case_id], service_code=service_code)

    def _with_orders(self, case_id: str) -> Case:
        orders = [order for of, order in self._orders.values() if of == case_id]
        by_number = tuple(sorted(orders, key=lambda order: order.number))
        return replace(self._cases[case_id], orders=by_number)
