"""Apply a bureau's update of a work order to the state of the batch."""

from datetime import datetime

from services.dispatch.inbound.external import IncomingUpdate
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records import UpdateResult
from services.dispatch.rules.case import Case, CaseNote, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange
from services.dispatch.rules.clocks import restart_clock, stop_clock
from services.dispatch.rules.deadlines import acknowledgement
from services.dispatch.rules.notes import add_notes
from services.dispatch.rules.work_order_updates import (
    UNKNOWN_WORK_ORDER,
    BureauUpdate,
    Reassignment,
    UpdateContext,
    UpdateRefusal,
    apply_status,
    hand_over,
    is_repeat,
    time_of_change,
    validate_update,
)
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import new_id


def apply_update(
    incoming: IncomingUpdate, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> UpdateResult:
    """Return the result of an update.

    Args:
        incoming: The update with its sender.
        uow: State after the earlier messages of the batch.
    """
    update, sender = incoming.parsed, incoming.key.bureau
    if isinstance(update, UpdateRefusal):
        return UpdateResult(update)
    found = uow.case_with(update.work_order_id)
    if found is None:
        return UpdateResult(UNKNOWN_WORK_ORDER)
    case, order = found
    version = uow.version_of(order)
    bureaus = policy.bureau_codes(case.jurisdiction)
    if refusal := validate_update(update, UpdateContext(order, version, sender, bureaus)):
        is_own = order.bureau == sender
        return UpdateResult(refusal, case, version) if is_own else UpdateResult(refusal)
    if is_repeat(update, order):
        return UpdateResult(case=case, version=version)
    after, case_change = _apply(update, case, order, policy, now)
    return UpdateResult(
        case=after, version=order.version + 1, changed=True, case_change=case_change
    )


def _apply(
    update: BureauUpdate, case: Case, order: CaseWorkOrder, policy: DispatchPolicy, now: datetime
) -> tuple[Case, CaseChange | None]:
    clock = policy.case_clock(case)
    at = time_of_change(update.at, case.first_reported_at, now)
    if update.status == "waiting_for_resident":
        order = stop_clock(order, at)
    else:
        order = restart_clock(order, at, clock)
    to = _taker(update, case, order, policy)
    if to is None:
        return apply_status(case, order, update, now)
    if update.status == "declined":
        case = add_notes(case, [_why_declined(update)])
    lead = to if order.role == "lead" else case.lead_bureau
    open_time = policy.open_time(case.jurisdiction, lead)
    acknowledge = acknowledgement(case.priority.level, now, open_time)
    return hand_over(case, order, update, to, Reassignment(new_id(), acknowledge))


def _taker(
    update: BureauUpdate, case: Case, order: CaseWorkOrder, policy: DispatchPolicy
) -> str | None:
    """Return the bureau that takes the work over; None where none has to."""
    if update.status == "declined" and order.role == "lead":
        return policy.next_lead(case)
    return update.transfer_to if update.status == "transferred" else None


def _why_declined(update: BureauUpdate) -> CaseNote:
    return CaseNote(None, f"{update.bureau} declined this: {update.reason}")
