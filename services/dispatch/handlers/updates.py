"""Bureaus' updates of work orders: applied to the state of the batch, or refused."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.handlers.case_history import case_events, record_update
from services.dispatch.inbound import IncomingUpdate
from services.dispatch.outbound import receipt
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records.changes import ProcessedMessage, UpdateResult
from services.dispatch.rules import work_order_updates as rules
from services.dispatch.rules.case import Case, CaseNote, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange, CaseTransition
from services.dispatch.rules.clocks import restart_clock
from services.dispatch.rules.deadlines import acknowledgement
from services.dispatch.rules.history import author_of_update
from services.dispatch.rules.notes import add_notes
from services.dispatch.rules.work_order_updates import BureauUpdate, Reassignment, UpdateRefusal
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import Event, UpdateAccepted, UpdateRefused, new_id


def on_work_order_updated(
    incoming: IncomingUpdate, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[Event]:
    """Apply or refuse an update, and give its bureau a receipt. Idempotent by the update's key."""
    if uow.has_processed(incoming.key):
        return []
    receipt_event, events = apply_update(incoming, uow, policy, now)
    return [receipt_event, *events]


def apply_update(
    incoming: IncomingUpdate, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> tuple[UpdateAccepted | UpdateRefused, list[Event]]:
    """Apply and record an update; return its receipt, and the events of its case."""
    parsed = incoming.parsed
    found = uow.case_with(parsed.work_order_id) if isinstance(parsed, BureauUpdate) else None
    incoming = incoming.redacted(policy.redactor(found[0] if found else None))
    result = _result(incoming, uow, policy, now)
    update = incoming.parsed if isinstance(incoming.parsed, BureauUpdate) else None
    refused_as = result.refusal.code if result.refusal else None
    uow.record(ProcessedMessage(incoming.key, update, refused_as, result.changed))
    events = list[Event]()
    if result.case and result.changed:
        uow.change(result.case, incoming.event)
    if result.case and update and not result.refusal:
        author = author_of_update(update)
        if result.case_change:
            transition = CaseTransition(result.case, result.case_change)
            events += case_events([transition], incoming.event, uow, now, author)
        elif result.changed or author.note:
            record_update(update, result.case, uow, now)
    return receipt(incoming, result, now), events


def _result(
    incoming: IncomingUpdate, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> UpdateResult:
    update, sender = incoming.parsed, incoming.key.bureau
    if isinstance(update, UpdateRefusal):
        return UpdateResult(update)
    found = uow.case_with(update.work_order_id)
    if found is None:
        return UpdateResult(rules.UNKNOWN_WORK_ORDER)
    case, order = found
    version = uow.version_of(order)
    bureaus = policy.bureau_codes(case.jurisdiction)
    if refusal := rules.validate_update(
        update, rules.UpdateContext(order, version, sender, bureaus)
    ):
        is_own = order.bureau == sender
        return UpdateResult(refusal, case, version) if is_own else UpdateResult(refusal)
    if rules.is_repeat(update, order):
        return UpdateResult(case=case, version=version)
    after, case_change = _apply(update, case, order, policy, now)
    return UpdateResult(
        case=after, version=order.version + 1, changed=True, case_change=case_change
    )


def _apply(
    update: BureauUpdate, case: Case, order: CaseWorkOrder, policy: DispatchPolicy, now: datetime
) -> tuple[Case, CaseChange | None]:
    clock = policy.case_clock(case)
    at = rules.time_of_change(update.at, case.first_reported_at, now)
    if update.status == "waiting_for_resident":
        order = replace(order, waiting_since=at)
    else:
        order = restart_clock(order, at, clock)
    to = update.transfer_to if update.status == "transferred" else None
    if update.status == "declined" and order.role == "lead":
        to = policy.next_lead(case)
    if to is None:
        return rules.apply_status(case, order, update, now)
    if update.status == "declined":
        case = add_notes(case, [CaseNote(None, f"{update.bureau} declined this: {update.reason}")])
    lead = to if order.role == "lead" else case.lead_bureau
    open_time = policy.open_time(case.jurisdiction, lead)
    acknowledge = acknowledgement(case.priority.level, now, open_time)
    return rules.transfer_order(case, order, update, to, Reassignment(new_id(), acknowledge))
