"""What dispatch does when triage decided, a bureau reports or an operator orders."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from services.dispatch.command_handlers import execute
from services.dispatch.inbound.commands import IncomingCommand, incoming_command
from services.dispatch.inbound.requests import incoming_request
from services.dispatch.inbound.updates import IncomingUpdate, incoming_update
from services.dispatch.outbound import case_event, receipt, work_order_events
from services.dispatch.policy import Policy
from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.case_changes import CaseTransition
from services.dispatch.rules.case_requests import attach, open_case
from services.dispatch.rules.operator_commands import Command, CommandRefusal
from services.dispatch.rules.work_order_updates import Update
from services.dispatch.unit_of_work import (
    ChangeSet,
    CommandKey,
    LoadedState,
    ProcessedCommand,
    ProcessedUpdate,
    UnitOfWork,
    UpdateKey,
)
from services.dispatch.update_handlers import apply_update
from shared.contract.events import Event, OperatorCommanded, RequestTriaged, WorkOrderUpdated
from shared.runtime.consumer.messages import Message, dead_letter_record
from shared.runtime.outbox.records import Outgoing
from shared.vocabulary import CommandName

Incoming: TypeAlias = RequestTriaged | WorkOrderUpdated | OperatorCommanded
Work: TypeAlias = RequestTriaged | IncomingUpdate | IncomingCommand


_MOVING: Collection[CommandName] = ("split_request", "merge_case")


class Cases(Protocol):
    """Every case with its work orders, and what it was made of."""

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        """Return those of the cases, and the cases of those of the work orders, that there are.

        What one of the cases was merged into comes with it. Nobody else changes them before this
        transaction is over.
        """
        ...

    async def requests_in_cases(self, request_ids: Collection[str]) -> Collection[str]:
        """Return those of the requests that belong to a case."""
        ...

    async def processed_updates(self, keys: Collection[UpdateKey]) -> Collection[UpdateKey]:
        """Return those of the updates that were taken before."""
        ...

    async def processed_commands(self, keys: Collection[CommandKey]) -> Collection[CommandKey]:
        """Return those of the commands that were taken before."""
        ...

    async def requests_of(self, case_ids: Collection[str]) -> Sequence[CaseRequest]:
        """Return all requests of these cases."""
        ...

    async def write(self, writing: ChangeSet) -> None:
        """Store what a batch changed."""
        ...


async def on_messages(
    messages: Sequence[Message[Incoming]], cases: Cases, policy: Policy, now: datetime
) -> list[Event | Outgoing]:
    """Handle decisions, updates and commands in order; return what follows from all of them.

    A bureau hears once of everything that the batch changes about a work order of its own.
    """
    work = [_understood(message, policy, now) for message in messages]
    batch = await _load(work, cases)
    caused: list[Event | Outgoing] = []
    for item in work:
        if isinstance(item, IncomingUpdate):
            caused += on_work_order_updated(item, batch, policy, now)
        elif isinstance(item, IncomingCommand):
            caused += on_operator_commanded(item, batch, policy, now)
        else:
            caused += on_request_triaged(item, batch, policy, now)
    for telling in batch.pending_notices():
        caused += work_order_events(telling, now)
    await cases.write(batch.change_set())
    return caused


def on_request_triaged(
    event: RequestTriaged, batch: UnitOfWork, policy: Policy, now: datetime
) -> list[Event]:
    """Open a case for the request or attach it to its case; each request counts once.

    A request without a case is not the city's work. One that repeats a case that is not here
    opens it; one of a case that was merged joins the case that has its requests now.
    """
    decision = event.data
    if decision.case_id is None or batch.has_request(decision.request_id):
        return []
    arrival = incoming_request(decision, batch.resolve_merged(decision.case_id), policy, now)
    case = batch.case(arrival.case_id)
    steps = [open_case(arrival)] if case is None else attach(case, arrival)
    batch.join(arrival.request, steps[-1].case, event)
    return [case_event(step, event, now) for step in steps]


def on_work_order_updated(
    update: IncomingUpdate, batch: UnitOfWork, policy: Policy, now: datetime
) -> list[Event]:
    """Let the update hold, or refuse it so that it changes nothing; its bureau gets a receipt.

    The same update once more changes nothing and gets no second receipt.
    """
    if batch.has_update(update.key):
        return []
    verdict = apply_update(update, batch, policy, now)
    said = update.said if isinstance(update.said, Update) else None
    refused_as = verdict.refusal.code if verdict.refusal else None
    batch.record_update(ProcessedUpdate(update.key, said, verdict.changed, refused_as))
    events = [receipt(update, verdict, now)]
    if verdict.case and verdict.changed:
        batch.change(verdict.case, update.event)
    if verdict.case and verdict.change:
        events.append(case_event(CaseTransition(verdict.case, verdict.change), update.event, now))
    return events


def on_operator_commanded(
    command: IncomingCommand, batch: UnitOfWork, policy: Policy, now: datetime
) -> list[Event | Outgoing]:
    """Do what an operator orders, or park the command with the reason why it changes nothing.

    The same command once more changes nothing, whatever became of it.
    """
    if batch.has_command(command.key):
        return []
    said = command.said
    verdict = execute(said, batch, policy, now) if isinstance(said, Command) else said
    order = said if isinstance(said, Command) else None
    if isinstance(verdict, CommandRefusal):
        batch.record_command(ProcessedCommand(command.key, order, verdict.code))
        code, message = verdict.code, verdict.message
        return [dead_letter_record(command.record, "dispatch", code=code, reason=message)]
    batch.record_command(ProcessedCommand(command.key, order, None))
    for request in verdict.moved:
        batch.move(request)
    for step in verdict.steps:
        batch.change(step.case, command.event)
    return [case_event(step, command.event, now) for step in verdict.steps]


def _understood(message: Message[Incoming], policy: Policy, now: datetime) -> Work:
    event = message.event
    if isinstance(event, RequestTriaged):
        return event
    if isinstance(event, OperatorCommanded):
        return incoming_command(Message(message.record, event), now)
    return incoming_update(event, policy.senders[message.topic])


async def _load(work: Sequence[Work], cases: Cases) -> UnitOfWork:
    updates = [item for item in work if isinstance(item, IncomingUpdate)]
    decisions = [item.data for item in work if isinstance(item, RequestTriaged)]
    commands = [item for item in work if isinstance(item, IncomingCommand)]
    orders = [item.said for item in commands if isinstance(item.said, Command)]
    named = {decision.case_id for decision in decisions}
    named |= {case_id for order in orders for case_id in (order.case_id, order.into_case)}
    known = LoadedState(
        cases=await cases.load(
            {case_id for case_id in named if case_id is not None},
            {update.said.work_order_id for update in updates if isinstance(update.said, Update)},
        ),
        requests=await cases.requests_in_cases({decision.request_id for decision in decisions}),
        updates=await cases.processed_updates({update.key for update in updates}),
        commands=await cases.processed_commands({command.key for command in commands}),
        of_cases=await cases.requests_of({o.case_id for o in orders if o.command in _MOVING}),
    )
    return UnitOfWork(known)
