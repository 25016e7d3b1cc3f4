"""All events of dispatch so far, and the invariants that hold of them at any time."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from services.dispatch.records.changes import CaseHistoryEntry
from services.dispatch.rules.case import Case, CasePriority
from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityLowered,
    CaseReopened,
    CaseRequestAttached,
    Event,
    UpdateAccepted,
    UpdateReceipt,
    UpdateRefused,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderWithdrawn,
)
from shared.contract.events import Priority as WirePriority
from shared.vocabulary import PriorityLevel


class EventLog:
    """Events by the case, the work order or the update that they are about."""

    def __init__(self) -> None:
        self.cases: defaultdict[str, list[Any]] = defaultdict(list)
        self.orders: defaultdict[str, list[WorkOrder]] = defaultdict(list)
        self.latest_order: dict[tuple[str, str], WorkOrder] = {}
        self.receipts: list[UpdateReceipt] = []

    def append(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, WorkOrderIssued | WorkOrderChanged | WorkOrderWithdrawn):
                order = event.data
                is_withdrawn = order.status == "withdrawn"
                assert isinstance(event, WorkOrderWithdrawn) == is_withdrawn
                assert isinstance(event, WorkOrderIssued) == (
                    order.version == 1 and not is_withdrawn
                )
                self.orders[order.work_order_id].append(order)
                self.latest_order[order.case_id, order.bureau] = order
            elif isinstance(event, UpdateAccepted | UpdateRefused):
                self.receipts.append(event.data)
            else:
                self.cases[event.data.case_id].append(event)

    def versions_have_no_gaps(self) -> None:
        for states in (
            *self.orders.values(),
            *([e.data for e in es] for es in self.cases.values()),
        ):
            assert [state.version for state in states] == [*range(1, len(states) + 1)]

    def only_an_operator_lowers_a_priority(self) -> None:
        lowered = {
            (case_id, event.data.version)
            for case_id, events in self.cases.items()
            for event in events
            if isinstance(event, CasePriorityLowered)
        }
        for events in self.cases.values():
            for earlier, later in pairwise(event.data for event in events):
                if (later.case_id, later.version) not in lowered:
                    assert not _fell(earlier, later)
        for orders in self.orders.values():
            for one, other in pairwise(orders):
                between = range(one.case_version + 1, other.case_version + 1)
                if not any((other.case_id, version) in lowered for version in between):
                    assert not _fell(one, other)

    def a_case_closes_once_for_each_time_it_was_open(self) -> None:
        for events in self.cases.values():
            turns = [e for e in events if isinstance(e, CaseClosed | CaseReopened)]
            for number, event in enumerate(turns):
                assert isinstance(event, CaseReopened) == bool(number % 2)

    def a_request_is_in_its_last_case(self, requests: dict[str, str]) -> None:
        joined: dict[str, list[tuple[int, str | None, str]]] = defaultdict(list)
        for case_id, events in self.cases.items():
            for event in events:
                if isinstance(event, CaseOpened | CaseRequestAttached):
                    data = event.data
                    joined[data.request_id].append((data.moves, data.moved_from, case_id))
        assert joined.keys() == requests.keys()
        for request_id, came in joined.items():
            moves = sorted(came)
            assert [move for move, *_ in moves] == [*range(len(moves))]
            assert moves[0][1] is None
            assert all(here == later[1] for (_, _, here), later in pairwise(moves))
            assert moves[-1][2] == requests[request_id]

    def the_last_event_has_the_present_state(self, case: Case) -> None:
        last = self.cases[case.case_id][-1].data
        assert (last.version, last.status) == (case.version, case.status)
        assert last.request_count == case.request_count
        assert _rank(last.priority) == _rank(case.priority)
        assert last.lead_bureau == case.lead.bureau
        assert last.due
        assert last.due.complete_by == case.lead.due.complete_by
        if case.lead.status == "withdrawn":
            assert case.is_closed
        else:
            untouched = "acknowledged" if case.acknowledged_at else "open"
            assert case.status == (untouched if case.lead.status == "issued" else case.lead.status)
        for bureau in case.bureaus:
            order = case.latest_of(bureau)
            assert order is not None
            sent = self.latest_order[case.case_id, bureau]
            assert sent.work_order_id == order.work_order_id
            assert (sent.version, sent.case_version) == (order.version, case.version)
            assert (sent.status, sent.role) == (order.status, order.role)
            assert sent.request_count == case.request_count
            assert _rank(sent.priority) == _rank(case.priority)
            assert sent.due.model_dump() == {
                "acknowledge_by": order.due.acknowledge_by,
                "complete_by": order.due.complete_by,
            }

    def a_bureau_has_one_unfinished_work_order(self, case: Case) -> None:
        live = [order.bureau for order in case.orders if not order.is_final]
        assert len(live) == len(set(live))

    def every_event_of_a_case_is_in_its_history(self, history: Iterable[CaseHistoryEntry]) -> None:
        recorded = defaultdict(list)
        for entry in history:
            if entry.case_event:
                recorded[entry.case_id].append((entry.case_event, entry.what))
        for case_id, events in self.cases.items():
            assert recorded[case_id] == [(event.id, event.type.split(".")[2]) for event in events]
        assert recorded.keys() == self.cases.keys()

    def versions_of_receipts_were_published(self) -> None:
        for receipt in self.receipts:
            if receipt.version is not None:
                versions = {order.version for order in self.orders[receipt.work_order_id or ""]}
                assert receipt.version in versions


def _fell(earlier: Any, later: Any) -> bool:
    return CasePriority(*_rank(earlier.priority)).exceeds(CasePriority(*_rank(later.priority)))


def _rank(priority: WirePriority | CasePriority) -> tuple[PriorityLevel, int]:
    return priority.level, priority.score
