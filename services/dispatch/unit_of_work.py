"""Unit of work: the state of the cases that a batch is about, and its changes until it commits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from services.dispatch.records.changes import (
    CaseHistoryEntry,
    ChangeSet,
    LoadedState,
    MessageKey,
    ProcessedMessage,
    WaitingCommand,
    WorkOrderNotice,
)
from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from shared.contract.events import Event
from shared.errors import PermanentError, TransientError


class DispatchStore(Protocol):
    """Cases with their work orders and requests, and the idempotency keys of messages."""

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        """Lock and return the existing cases of these ids, work orders, and targets of merges."""

    async def requests_in_cases(self, request_ids: Collection[str]) -> Mapping[str, str]:
        """Return the case of each of the requests that belong to one."""

    async def history_entries(self, event_ids: Collection[str]) -> Collection[str]:
        """Return those of the events that are in the history of a case."""

    async def processed(self, keys: Collection[MessageKey]) -> Collection[MessageKey]:
        """Return those of the updates and commands that were processed before."""

    async def requests_of(self, case_ids: Collection[str]) -> Sequence[CaseRequest]:
        """Return all requests of these cases."""

    async def write(self, changes: ChangeSet) -> None:
        """Write the changes of a batch."""


class MergedMeanwhileError(TransientError):
    """A case was merged into one that this batch did not load; the next attempt loads it."""

    code = "merged_meanwhile"


class UnknownRequestError(PermanentError):
    """A note or an answer is about a request that has no case, such as a parked one."""

    code = "unknown_request"


class UnitOfWork:
    """State after all earlier messages of the batch; nothing is written before the end."""

    def __init__(self, loaded: LoadedState) -> None:
        self._stored = {case.case_id: case for case in loaded.cases}
        self._cases = dict(self._stored)
        self._case_by_order = {
            order.work_order_id: case.case_id
            for case in self._stored.values()
            for order in case.orders
        }
        self._cause_by_case: dict[str, Event | None] = {}
        self._orders_to_notify: set[str] = set()
        self._orders: dict[str, Sequence[CaseWorkOrder]] = {}
        self._case_ids = dict(loaded.case_ids)
        self._history_ids = set(loaded.history_ids)
        self._history: list[CaseHistoryEntry] = []
        self._waiting: list[WaitingCommand] = []
        self._processed_keys = set(loaded.processed)
        self._processed: list[ProcessedMessage] = []
        self._stored_requests = {request.request_id: request for request in loaded.case_requests}
        self._joined: dict[str, CaseRequest] = {}
        self._changed: dict[str, CaseRequest] = {}

    def has_request(self, request_id: str) -> bool:
        """Return True when the request belongs to a case."""
        return request_id in self._case_ids

    def has_entry(self, event_id: str) -> bool:
        """Return True when the event is in the history of a case."""
        return event_id in self._history_ids

    def case_of_request(self, request_id: str) -> Case:
        """Return the present case of a request, or raise ``UnknownRequestError``.

        One that was moved to a case that is not loaded raises ``MergedMeanwhileError``.
        """
        case_id = self._case_ids.get(request_id)
        if case_id is None:
            raise UnknownRequestError("request_id: no case has this request")
        if case_id not in self._cases:
            raise MergedMeanwhileError("request_id: moved just now")
        return self._cases[case_id]

    def has_processed(self, key: MessageKey) -> bool:
        """Return True when the update or command was processed before."""
        return key in self._processed_keys

    def case(self, case_id: str) -> Case | None:
        """Return the present state of a case."""
        return self._cases.get(case_id)

    def existing_case(self, case_id: str) -> Case:
        """Return the present state of a case that is loaded."""
        return self._cases[case_id]

    def case_with(self, work_order_id: str) -> tuple[Case, CaseWorkOrder] | None:
        """Return the present state of a stored work order and its case."""
        case_id = self._case_by_order.get(work_order_id)
        if case_id is None:
            return None
        case = self._cases[case_id]
        return case, next(o for o in case.orders if o.work_order_id == work_order_id)

    def resolve_merged(self, case_id: str) -> str:
        """Return a case id or its merge's target; raise ``MergedMeanwhileError`` if not loaded."""
        while (case := self._cases.get(case_id)) and case.merged_into:
            case_id = case.merged_into
            if case_id not in self._cases:
                raise MergedMeanwhileError("case_id: merged just now")
        return case_id

    def requests_of(self, case_id: str) -> Sequence[CaseRequest]:
        """Return the present requests of a case in the order of submission."""
        present = self._stored_requests | self._joined | self._changed
        requests = [request for request in present.values() if request.case_id == case_id]
        return sorted(requests, key=lambda request: (request.reported_at, request.request_id))

    def join(self, request: CaseRequest, case: Case, cause: Event) -> None:
        """Record a request that joined its first case."""
        self._case_ids[request.request_id] = request.case_id
        self._joined[request.request_id] = request
        self.change(case, cause)

    def change_request(self, request: CaseRequest) -> None:
        """Record that a request is in another case, or has a location or higher priority now."""
        self._case_ids[request.request_id] = request.case_id
        joined = request.request_id in self._joined
        (self._joined if joined else self._changed)[request.request_id] = request

    def record(self, message: ProcessedMessage) -> None:
        """Record the result of an update or command."""
        self._processed_keys.add(message.key)
        self._processed.append(message)

    def request_approval(self, waiting: WaitingCommand) -> None:
        """Keep a command until a second person approves or refuses it."""
        self._waiting.append(waiting)

    def record_entry(self, entry: CaseHistoryEntry) -> None:
        """Record an entry of the history."""
        if entry.event_id:
            self._history_ids.add(entry.event_id)
        self._history.append(entry)

    def change(self, case: Case, cause: Event | None) -> None:
        """Replace the state of a case, and note which bureaus need an event about it."""
        self._orders_to_notify |= _orders_to_notify(self._cases.get(case.case_id), case)
        self._cases[case.case_id] = case
        self._cause_by_case[case.case_id] = cause

    def version_of(self, order: CaseWorkOrder) -> int:
        """Return the version of a work order once its pending notice is sent."""
        return order.version + (order.work_order_id in self._orders_to_notify)

    def pending_notices(self) -> Iterator[WorkOrderNotice]:
        """Yield one notice per changed case, with the next version of each work order in it."""
        for case_id, cause in self._cause_by_case.items():
            case = self._cases[case_id]
            notified = {
                order.work_order_id: replace(order, version=order.version + 1)
                for order in case.orders
                if order.work_order_id in self._orders_to_notify
            }
            self._orders[case_id] = [notified.get(o.work_order_id, o) for o in case.orders]
            yield WorkOrderNotice(case, list(notified.values()), cause)
        self._orders_to_notify.clear()

    def notified_orders(self, case_id: str) -> Sequence[CaseWorkOrder]:
        """Return a case's work orders as bureaus know them, after ``pending_notices``."""
        return self._orders[case_id]

    def change_set(self) -> ChangeSet:
        """Return the differences from the stored state; call it after ``pending_notices``."""
        touched = [self._cases[case_id] for case_id in self._cause_by_case]
        changed = [(self._stored[c.case_id], c) for c in touched if c.case_id in self._stored]
        stored_orders = {o.work_order_id: o for c in self._stored.values() for o in c.orders}
        orders = [(case_id, order) for case_id, of in self._orders.items() for order in of]
        return ChangeSet(
            opened_cases=[case for case in touched if case.case_id not in self._stored],
            changed_cases=[case for old, case in changed if _state(case) != _state(old)],
            new_orders=[
                (i, order) for i, order in orders if order.work_order_id not in stored_orders
            ],
            changed_orders=[
                order
                for _, order in orders
                if (stored := stored_orders.get(order.work_order_id, order)) != order
                or stored.reminded != order.reminded
            ],
            joined_requests=list(self._joined.values()),
            processed=self._processed,
            restated_cases=[case for old, case in changed if _restated(case) != _restated(old)],
            changed_requests=list(self._changed.values()),
            history=self._history,
            waiting=self._waiting,
        )


def _state(case: Case) -> tuple[object, ...]:
    """Return what a change of a case changes: its version, or only its notes or summary."""
    return case.version, case.notes, case.others_notes, case.problem.summary


def _restated(case: Case) -> tuple[object, ...]:
    """Return what changes seldom: the representing request, the kind, and the problem."""
    return case.opened_by, case.service_code, case.problem


def _orders_to_notify(before: Case | None, after: Case) -> set[str]:
    """Return the ids of the work orders that their bureaus need an event about.

    Each bureau's newest work order shows the state of the case, so a new version of the case
    concerns all of them. A transferred one has its last event when it is transferred.
    """
    known = before.orders if before else ()
    changed = {order.work_order_id for order in after.orders if order not in known}
    if before is None or _state(before) != _state(after):
        newest = {order.bureau: order.work_order_id for order in after.orders}
        changed.update(newest.values())
    return changed
