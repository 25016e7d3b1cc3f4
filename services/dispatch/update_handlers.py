"""Whether a bureau's update holds, and what it changes."""

from dataclasses import dataclass
from datetime import datetime

from services.dispatch.inbound.updates import IncomingUpdate
from services.dispatch.policy import Policy
from services.dispatch.rules.case import Case, WorkOrder
from services.dispatch.rules.case_changes import Change
from services.dispatch.rules.deadlines import acknowledge_by
from services.dispatch.rules.work_order_updates import (
    UNKNOWN,
    Reassignment,
    Refusal,
    Update,
    UpdateContext,
    apply_status,
    is_repeat,
    transfer,
    validate_update,
)
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import new_id


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What becomes of an update.

    Attributes:
        refusal: Why it does not hold; None when it does.
        case: The case after it; None unless the work order is the sender's own.
        version: The work order's after it, once all of the batch is told; None likewise.
        changed: Whether anything is other than before.
        change: What became of the case itself.
    """

    refusal: Refusal | None = None
    case: Case | None = None
    version: int | None = None
    changed: bool = False
    change: Change | None = None


def apply_update(
    update: IncomingUpdate, batch: UnitOfWork, policy: Policy, now: datetime
) -> UpdateResult:
    """Return what becomes of an update, after everything before it in the batch."""
    said = update.said
    if isinstance(said, Refusal):
        return UpdateResult(said)
    found = batch.case_with(said.work_order_id)
    if found is None:
        return UpdateResult(UNKNOWN)
    case, order = found
    version = batch.version_of(order)
    bureaus = policy.bureaus(case.jurisdiction)
    if refused := validate_update(said, UpdateContext(order, version, update.key.bureau, bureaus)):
        is_own = order.bureau == update.key.bureau
        return UpdateResult(refused, case, version) if is_own else UpdateResult(refused)
    if is_repeat(said, order):
        return UpdateResult(case=case, version=version)
    after, change = _apply(said, case, order, policy, now)
    return UpdateResult(case=after, version=order.version + 1, changed=True, change=change)


def _apply(
    said: Update, case: Case, order: WorkOrder, policy: Policy, now: datetime
) -> tuple[Case, Change | None]:
    if said.status != "transferred":
        return apply_status(case, order, said, now)
    calendar = policy.calendars[case.jurisdiction]
    seen_by = acknowledge_by(case.priority.level, now, calendar)
    return transfer(case, order, said, Reassignment(new_id(), seen_by))
