"""Entry points of dispatch: batches of messages, calls over HTTP, and due reminders."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TypeAlias

from services.dispatch import inbound
from services.dispatch.handlers.case_history import case_events, notice_events, reminded
from services.dispatch.handlers.commands import (
    command_record,
    execute_command,
    on_operator_commanded,
    redact_command,
    refuse_approval,
)
from services.dispatch.handlers.notes import put_feedback, put_note, raise_by_notes
from services.dispatch.handlers.updates import apply_update, on_work_order_updated
from services.dispatch.policy import DispatchPolicy, NotInCatalogueError
from services.dispatch.records.changes import ChangeSet, LoadedState, WaitingCommand
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_requests import attach, open_case
from services.dispatch.rules.clocks import Escalation, remind
from services.dispatch.rules.four_eyes import ALONE, Oversight
from services.dispatch.rules.history import RESIDENT, ChangeAuthor
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal
from services.dispatch.rules.work_order_updates import BureauUpdate
from services.dispatch.unit_of_work import DispatchStore, UnitOfWork
from shared.contract.events import (
    Event,
    FeedbackGiven,
    NoteAdded,
    OperatorCommanded,
    RequestReassessed,
    RequestTriaged,
    UpdateReceipt,
    WorkOrderUpdated,
    new_id,
)
from shared.runtime.consumer.messages import Message
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName

_RequestEvent: TypeAlias = RequestTriaged | RequestReassessed | NoteAdded | FeedbackGiven
IncomingEvent: TypeAlias = _RequestEvent | WorkOrderUpdated | OperatorCommanded
_ParsedEvent: TypeAlias = _RequestEvent | inbound.IncomingUpdate | inbound.IncomingCommand
_NEED_REQUESTS: Collection[CommandName] = (
    "erase_contact",
    "split_request",
    "merge_case",
    "change_kind",
    "change_place",
)


async def on_messages(
    messages: Sequence[Message[IncomingEvent]],
    store: DispatchStore,
    policy: DispatchPolicy,
    now: datetime,
) -> list[Event | Outgoing]:
    """Handle a batch in order; return the events and dead letters that follow.

    A bureau gets one event per work order that the batch changed, however many messages did so.
    """
    parsed = [_parse(message, policy, now) for message in messages]
    uow = UnitOfWork(await _load(parsed, store))
    produced: list[Event | Outgoing] = []
    for message, item in zip(messages, parsed, strict=True):
        if isinstance(item, inbound.IncomingUpdate):
            produced += on_work_order_updated(item, uow, policy, now)
        elif isinstance(item, inbound.IncomingCommand):
            produced += on_operator_commanded(item, message.record, uow, policy, now)
        elif isinstance(item, NoteAdded):
            for transition, author in put_note(item, uow, policy, now):
                produced += case_events([transition], item, uow, now, author)
        elif isinstance(item, RequestReassessed):
            raised = raise_by_notes(item, uow, policy, now)
            produced += case_events(raised, item, uow, now)
        elif isinstance(item, FeedbackGiven):
            reopened = put_feedback(item, uow, policy, now)
            produced += case_events(reopened, item, uow, now, RESIDENT)
        else:
            produced += on_request_triaged(item, uow, policy, now)
    produced += notice_events(uow, now)
    await store.write(uow.change_set())
    return produced


def on_request_triaged(
    event: RequestTriaged, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[Event]:
    """Open a case for the request, or attach the request to its case. Idempotent by request id.

    A request without a case needs no work of the city. A duplicate of a case that dispatch does
    not have opens that case; one of a merged case joins the target of the merge.
    """
    decision = event.data
    if decision.case_id is None or uow.has_request(decision.request_id):
        return []
    case_id = uow.resolve_merged(decision.case_id)
    case = uow.case(case_id)
    incoming = inbound.incoming_request(decision, case_id, case, policy, now)
    transitions = [open_case(incoming)] if case is None else attach(case, incoming)
    uow.join(incoming.request, transitions[-1].case, event)
    return case_events(transitions, event, uow, now)


async def on_update_call(
    update: WorkOrderUpdated,
    bureau: str,
    store: DispatchStore,
    policy: DispatchPolicy,
    now: datetime,
) -> tuple[UpdateReceipt, list[Event]]:
    """Apply or refuse a bureau's update whose key is new; return the receipt and the events."""
    incoming = inbound.incoming_update(update, bureau)
    uow = UnitOfWork(await _load([incoming], store))
    receipt, events = apply_update(incoming, uow, policy, now)
    events += notice_events(uow, now)
    await store.write(uow.change_set())
    return receipt.data, events


async def on_command_calls(
    commands: Sequence[OperatorCommanded],
    store: DispatchStore,
    policy: DispatchPolicy,
    now: datetime,
    oversight: Oversight = ALONE,
) -> tuple[Sequence[Sequence[Event] | CommandRefusal], Sequence[Event | Outgoing]]:
    """Execute or refuse commands whose keys are new, in order.

    Returns the events or the refusal of each, and all that is to be published. Executed commands go
    to their topic as well, as the audit log; there they count as repeats.
    """
    incoming = [
        inbound.incoming_command(command, now, oversight.approved_by) for command in commands
    ]
    uow = UnitOfWork(await _load(incoming, store))
    outcomes = list[Sequence[Event] | CommandRefusal]()
    produced = list[Event | Outgoing]()
    for command in incoming:
        redacted = redact_command(command, uow, policy)
        outcomes.append(outcome := execute_command(redacted, uow, policy, now, oversight))
        if not isinstance(outcome, CommandRefusal):
            produced += [command_record(redacted), *outcome]
    produced += notice_events(uow, now)
    await store.write(uow.change_set())
    return outcomes, produced


async def on_approval_refused(
    waiting: Sequence[WaitingCommand], by: str, store: DispatchStore, now: datetime
) -> tuple[Sequence[Sequence[Event]], Sequence[Event]]:
    """Record that a second person refused commands; return the events of each, and all events."""
    uow = UnitOfWork(LoadedState(await store.load({one.data["case_id"] for one in waiting}, ())))
    outcomes = refuse_approval(waiting, ChangeAuthor(f"operator:{by}"), uow, now)
    produced = [*chain.from_iterable(outcomes), *notice_events(uow, now)]
    await store.write(uow.change_set())
    return outcomes, produced


def _parse(message: Message[IncomingEvent], policy: DispatchPolicy, now: datetime) -> _ParsedEvent:
    event = message.event
    if isinstance(event, RequestTriaged | RequestReassessed | NoteAdded | FeedbackGiven):
        return event
    if isinstance(event, OperatorCommanded):
        return inbound.incoming_command(event, now)
    return inbound.incoming_update(event, policy.bureau_by_topic[message.record.topic])


async def _load(parsed: Sequence[_ParsedEvent], store: DispatchStore) -> LoadedState:
    """Load the state of a batch with one query per table.

    The cases of requests with notes are read twice: to lock them, and again under the locks, as
    they may have moved in between.
    """
    decisions = [item.data for item in parsed if isinstance(item, RequestTriaged)]
    updates = [item for item in parsed if isinstance(item, inbound.IncomingUpdate)]
    incoming = [item for item in parsed if isinstance(item, inbound.IncomingCommand)]
    commands = [item.parsed for item in incoming if isinstance(item.parsed, CaseCommand)]
    case_ids = {decision.case_id for decision in decisions}
    notes = [item for item in parsed if isinstance(item, NoteAdded | FeedbackGiven)]
    noted = {
        item.data.request_id
        for item in parsed
        if isinstance(item, NoteAdded | RequestReassessed | FeedbackGiven)
    }
    case_ids |= set((await store.requests_in_cases(noted)).values())
    case_ids |= {case_id for c in commands for case_id in (c.case_id, c.into_case)}
    cases = await store.load(
        {case_id for case_id in case_ids if case_id is not None},
        {u.parsed.work_order_id for u in updates if isinstance(u.parsed, BureauUpdate)},
    )
    cases_of = await store.requests_in_cases(noted | {d.request_id for d in decisions})
    moving = {c.case_id for c in commands if c.command in _NEED_REQUESTS}
    stated = {n.data.request_id for n in notes if isinstance(n, NoteAdded) and n.data.location}
    stated |= {n.data.request_id for n in parsed if isinstance(n, RequestReassessed)}
    moving |= {cases_of[request_id] for request_id in stated & cases_of.keys()}
    return LoadedState(
        cases=cases,
        case_ids=cases_of,
        processed=await store.processed({u.key for u in updates} | {c.key for c in incoming}),
        history_ids=await store.history_entries({note.id for note in notes}),
        case_requests=await store.requests_of(moving),
    )


def on_reminders_due(
    cases: Collection[Case], policy: DispatchPolicy, now: datetime
) -> tuple[list[Event], ChangeSet]:
    """Return the events of due reminders of locked cases, and the changes.

    A reminder follows the event with its state. Every work order is written, since an older version
    may have left the time of its next reminder empty.
    """
    uow = UnitOfWork(LoadedState(cases))
    events: list[Event] = []
    found = [remind(case, now, partial(_escalation, case, policy, now)) for case in cases]
    for reminders in found:
        missed = case_events(reminders.transitions, None, uow, now)
        uow.change(reminders.case, missed[-1] if missed else None)
        events += missed
    events += notice_events(uow, now)
    known = {order.work_order_id for case in cases for order in case.orders}
    looked_at: list[CaseWorkOrder] = []
    for reminders in found:
        orders = {o.work_order_id: o for o in uow.notified_orders(reminders.case.case_id)}
        for work_order_id, planned in reminders.sent:
            events.append(reminded(reminders.case, orders[work_order_id], planned, uow, now))
        looked_at += [order for order_id, order in orders.items() if order_id in known]
    return events, replace(uow.change_set(), changed_orders=looked_at)


def _escalation(case: Case, policy: DispatchPolicy, now: datetime) -> Escalation:
    """Return the escalation of a case; to no bureau if its kind left the catalogue."""
    try:
        due = policy.case_deadlines(case, now).due(case.priority.level)
    except NotInCatalogueError:
        return Escalation(None, case.lead.due, new_id)
    lead = policy.catalogue.jurisdictions[case.jurisdiction].bureaus.get(case.lead_bureau)
    return Escalation(lead.escalates_to if lead else None, due, new_id)
