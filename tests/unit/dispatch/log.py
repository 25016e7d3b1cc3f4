"""What dispatch has said so far, and what must hold of it at any time."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from services.dispatch.rules.case import Case
from services.dispatch.rules.priority import Priority
from shared.events import (
    CaseClosed,
    CaseOpened,
    CaseRequestAttached,
    Event,
    UpdateAccepted,
    UpdateReceipt,
    UpdateRefused,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
)
from shared.events import Priority as WirePriority


class Log:
    """Everything said, by the case, the work order or the update that it is about."""

    def __init__(self) -> None:
        self.cases: defaultdict[str, list[Any]] = defaultdict(list)
        self.orders: defaultdict[str, list[WorkOrder]] = defaultdict(list)
        self.told: dict[tuple[str, str], WorkOrder] = {}
        self.receipts: list[UpdateReceipt] = []

    def append(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, WorkOrderIssued | WorkOrderChanged):
                order = event.data
                assert isinstance(event, WorkOrderIssued) == (order.version == 1)
                self.orders[order.work_order_id].append(order)
                self.told[order.case_id, order.bureau] = order
            elif isinstance(event, UpdateAccepted | UpdateRefused):
                self.receipts.append(event.data)
            else:
                self.cases[event.data.case_id].append(event)

    def versions_have_no_gaps(self) -> None:
        for said in (*self.orders.values(), *([e.data for e in es] for es in self.cases.values())):
            assert [state.version for state in said] == [*range(1, len(said) + 1)]

    def priorities_never_fall(self) -> None:
        for said in (*self.orders.values(), *([e.data for e in es] for es in self.cases.values())):
            priorities = [state.priority for state in said]
            for earlier, later in pairwise(priorities):
                assert not Priority(earlier.level, earlier.score).exceeds(
                    Priority(later.level, later.score)
                )

    def a_case_ends_once(self) -> None:
        for events in self.cases.values():
            assert sum(isinstance(event, CaseClosed) for event in events) <= 1

    def a_request_joins_once(self, requests: dict[str, str]) -> None:
        joined = [
            (event.data.request_id, case_id)
            for case_id, events in self.cases.items()
            for event in events
            if isinstance(event, CaseOpened | CaseRequestAttached)
        ]
        assert len(joined) == len(requests)
        assert dict(joined) == requests

    def the_last_told_is_the_present_state(self, case: Case) -> None:
        last = self.cases[case.case_id][-1].data
        assert (last.version, last.status) == (case.version, case.status)
        assert last.request_count == case.request_count
        assert _rank(last.priority) == _rank(case.priority)
        assert last.lead_bureau == case.lead.bureau
        assert case.status == ("open" if case.lead.status == "issued" else case.lead.status)
        for bureau in case.bureaus:
            order = case.latest_of(bureau)
            assert order is not None
            told = self.told[case.case_id, bureau]
            assert told.work_order_id == order.work_order_id
            assert (told.version, told.case_version) == (order.version, case.version)
            assert (told.status, told.role) == (order.status, order.role)
            assert told.request_count == case.request_count
            assert _rank(told.priority) == _rank(case.priority)
            assert told.due.model_dump() == {
                "acknowledge_by": order.due.acknowledge_by,
                "complete_by": order.due.complete_by,
            }

    def a_bureau_has_one_work_order_that_is_not_over(self, case: Case) -> None:
        live = [order.bureau for order in case.orders if not order.is_final]
        assert len(live) == len(set(live))

    def what_a_receipt_says_was_told(self) -> None:
        for receipt in self.receipts:
            if receipt.version is not None:
                versions = {order.version for order in self.orders[receipt.work_order_id or ""]}
                assert receipt.version in versions


def _rank(priority: WirePriority | Priority) -> tuple[str, int]:
    return priority.level, priority.score
