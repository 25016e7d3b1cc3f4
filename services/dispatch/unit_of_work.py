"""What dispatch keeps of a batch, as its handlers and its store both see it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.dispatch.rules.case import Case, CaseRequest, WorkOrder
from services.dispatch.rules.operator_commands import Command
from services.dispatch.rules.work_order_updates import Update
from shared.contract.events import Event
from shared.errors import TransientError
from shared.vocabulary import UpdateRefusalCode


@dataclass(frozen=True, slots=True)
class UpdateKey:
    """What names an update for ever; one bureau's ids say nothing about another's."""

    bureau: str
    source: str
    update_id: str


@dataclass(frozen=True, slots=True)
class ProcessedUpdate:
    """An update and what became of it; ``said`` is None where nobody could read it."""

    key: UpdateKey
    update: Update | None
    changed: bool
    refused_as: UpdateRefusalCode | None


@dataclass(frozen=True, slots=True)
class CommandKey:
    """What names an operator's command for ever."""

    source: str
    command_id: str


@dataclass(frozen=True, slots=True)
class ProcessedCommand:
    """A command and what became of it; ``said`` is None where nobody could read it."""

    key: CommandKey
    command: Command | None
    refused_as: str | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What is to be stored after a batch.

    Attributes:
        restated: Those of the changed cases that stand for another request's report now.
        issued: New work orders, each with the id of its case.
        requests: Requests that joined their first case.
        moved_requests: Requests that are in another case now.
    """

    opened: Sequence[Case]
    changed: Sequence[Case]
    issued: Sequence[tuple[str, WorkOrder]]
    moved: Sequence[WorkOrder]
    requests: Sequence[CaseRequest]
    updates: Sequence[ProcessedUpdate]
    restated: Sequence[Case] = ()
    moved_requests: Sequence[CaseRequest] = ()
    commands: Sequence[ProcessedCommand] = ()


class MergedMeanwhileError(TransientError):
    """A case was merged into one that this batch did not load; another try will."""

    code = "merged_meanwhile"


@dataclass(frozen=True, slots=True)
class WorkOrderNotice:
    """Work orders of a case that their bureaus must hear of, and the event that led to it."""

    case: Case
    orders: Sequence[WorkOrder]
    cause: Event


@dataclass(frozen=True, slots=True)
class LoadedState:
    """What the store holds of what a batch is about.

    Attributes:
        cases: Every case that the messages are about.
        requests: Those of their requests that belong to a case already.
        updates: Those of their updates that were taken already.
        commands: Those of their commands that were taken already.
        of_cases: All requests of the cases whose requests an operator moves.
    """

    cases: Iterable[Case]
    requests: Iterable[str] = ()
    updates: Iterable[UpdateKey] = ()
    commands: Iterable[CommandKey] = ()
    of_cases: Iterable[CaseRequest] = ()


class UnitOfWork:
    """Looks like the store does after every message before, though nothing is written yet."""

    def __init__(self, known: LoadedState) -> None:
        self._stored = {case.case_id: case for case in known.cases}
        self._cases = dict(self._stored)
        self._case_of = {
            o.work_order_id: c.case_id for c in self._stored.values() for o in c.orders
        }
        self._causes: dict[str, Event] = {}
        self._untold: set[str] = set()
        self._known_requests = set(known.requests)
        self._known_updates = set(known.updates)
        self._known_commands = set(known.commands)
        self._of_cases = {request.request_id: request for request in known.of_cases}
        self._joined: dict[str, CaseRequest] = {}
        self._moved: dict[str, CaseRequest] = {}
        self._taken: list[ProcessedUpdate] = []
        self._obeyed: list[ProcessedCommand] = []

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

    def resolve_merged(self, case_id: str) -> str:
        """Return the case to which requests of this one go: itself, or what it was merged into.

        Raises:
            MergedMeanwhileError: That one is not here, for it was merged after the others came.
        """
        while (case := self._cases.get(case_id)) and case.merged_into:
            case_id = case.merged_into
            if case_id not in self._cases:
                raise MergedMeanwhileError("case_id: merged just now")
        return case_id

    def has_command(self, key: CommandKey) -> bool:
        """Whether the command was taken before."""
        return key in self._known_commands

    def requests_of(self, case_id: str) -> Sequence[CaseRequest]:
        """Return the requests that are in the case by now, in the order of report."""
        known = self._of_cases | self._joined | self._moved
        mine = [request for request in known.values() if request.case_id == case_id]
        return sorted(mine, key=lambda request: (request.reported_at, request.request_id))

    def join(self, request: CaseRequest, case: Case, cause: Event) -> None:
        """Take the request in; ``case`` is its case after that."""
        self._known_requests.add(request.request_id)
        self._joined[request.request_id] = request
        self.change(case, cause)

    def move(self, request: CaseRequest) -> None:
        """Note that the request is in another case now."""
        joined = request.request_id in self._joined
        (self._joined if joined else self._moved)[request.request_id] = request

    def record_command(self, command: ProcessedCommand) -> None:
        """Note what became of a command."""
        self._known_commands.add(command.key)
        self._obeyed.append(command)

    def record_update(self, update: ProcessedUpdate) -> None:
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

    def pending_notices(self) -> Iterator[WorkOrderNotice]:
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
            yield WorkOrderNotice(case, list(told.values()), cause)
        self._untold.clear()

    def change_set(self) -> ChangeSet:
        """Return what differs from the store; whatever is to be told must have been told."""
        touched = [self._cases[case_id] for case_id in self._causes]
        before = {o.work_order_id: o for c in self._stored.values() for o in c.orders}
        orders = [(case.case_id, order) for case in touched for order in case.orders]
        return ChangeSet(
            opened=[case for case in touched if case.case_id not in self._stored],
            changed=[
                case
                for case in touched
                if case.case_id in self._stored
                and case.version != self._stored[case.case_id].version
            ],
            issued=[(case_id, o) for case_id, o in orders if o.work_order_id not in before],
            moved=[o for _, o in orders if before.get(o.work_order_id, o) != o],
            requests=list(self._joined.values()),
            updates=self._taken,
            restated=[
                case
                for case in touched
                if case.case_id in self._stored
                and case.opened_by != self._stored[case.case_id].opened_by
            ],
            moved_requests=list(self._moved.values()),
            commands=self._obeyed,
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
