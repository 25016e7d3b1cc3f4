"""Execute operators' commands on the state of the batch, by one handler per command."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from services.dispatch.inbound.requests import moved_request
from services.dispatch.policy import DispatchPolicy, NoBureauError, NotInCatalogueError
from services.dispatch.rules.case import Case
from services.dispatch.rules.clocks import restart_clock
from services.dispatch.rules.deadlines import acknowledgement
from services.dispatch.rules.operator_commands import (
    UNKNOWN_CASE,
    CaseCommand,
    CommandOutcome,
    CommandRefusal,
    close,
    lower_priority,
    missing,
    raise_priority,
    reopen,
    transfer_lead,
)
from services.dispatch.rules.split_merge import (
    NOT_IN_CASE,
    ONLY_REQUEST,
    merge_case,
    refuse_merge,
    split_request,
)
from services.dispatch.rules.work_order_updates import Reassignment
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import new_id
from shared.vocabulary import CommandName

_CommandHandler: TypeAlias = Callable[
    [Case, CaseCommand, UnitOfWork, DispatchPolicy, datetime], CommandOutcome
]


def execute(
    command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> CommandOutcome:
    """Return the effects of a command, or why it is refused.

    Args:
        uow: State after the earlier messages of the batch.
        policy: Kinds, bureaus and calendars.
    """
    case = uow.case(command.case_id)
    if case is None:
        return UNKNOWN_CASE
    try:
        return _HANDLERS[command.command](case, command, uow, policy, now)
    except (NotInCatalogueError, NoBureauError) as error:
        return CommandRefusal(error.code, f"{error}.")


def _lower(
    case: Case, command: CaseCommand, _: UnitOfWork, policy: DispatchPolicy, __: datetime
) -> CommandOutcome:
    return lower_priority(case, command, policy.case_deadlines(case, case.first_reported_at))


def _raise(
    case: Case, command: CaseCommand, _: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> CommandOutcome:
    return raise_priority(case, command, policy.case_deadlines(case, now))


def _split(
    case: Case, command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> CommandOutcome:
    if command.request_id is None:
        return missing("request_id", "which request shall have a case of its own", "invalid")
    requests = uow.requests_of(case.case_id)
    request = next((one for one in requests if one.request_id == command.request_id), None)
    if request is None:
        return NOT_IN_CASE
    remaining = [one for one in requests if one is not request]
    if not remaining:
        return ONLY_REQUEST
    return split_request(case, remaining, moved_request(request, case, new_id(), policy, now))


def _merge(
    case: Case, command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> CommandOutcome:
    if command.into_case is None:
        return missing("into_case", "which case shall have the requests", "invalid")
    into = uow.case(command.into_case)
    if into is None:
        return UNKNOWN_CASE
    if refusal := refuse_merge(case, into):
        return refusal
    requests = uow.requests_of(case.case_id)
    moved = [moved_request(one, case, into.case_id, policy, now) for one in requests]
    return merge_case(case, into, moved, command, now)


def _transfer(
    case: Case, command: CaseCommand, _: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> CommandOutcome:
    case = case.with_order(restart_clock(case.lead, now, policy.case_clock(case)))
    new_lead = policy.open_time(case.jurisdiction, command.bureau or case.lead_bureau)
    acknowledge = acknowledgement(case.priority.level, now, new_lead)
    bureaus = policy.bureau_codes(case.jurisdiction)
    return transfer_lead(case, command, bureaus, Reassignment(new_id(), acknowledge))


def _close(
    case: Case, command: CaseCommand, _: UnitOfWork, __: DispatchPolicy, now: datetime
) -> CommandOutcome:
    return close(case, command, now)


def _reopen(
    case: Case, command: CaseCommand, _: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> CommandOutcome:
    return reopen(case, command, policy.case_deadlines(case, now).due(case.priority.level), new_id)


_HANDLERS: Mapping[CommandName, _CommandHandler] = {
    "lower_priority": _lower,
    "raise_priority": _raise,
    "split_request": _split,
    "merge_case": _merge,
    "transfer": _transfer,
    "close": _close,
    "reopen": _reopen,
}
