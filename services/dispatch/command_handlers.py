"""Whether an operator's command holds, and what it changes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from services.dispatch.inbound.requests import moved_request
from services.dispatch.policy import NoBureauError, NotInCatalogueError, Policy
from services.dispatch.rules.case import Case
from services.dispatch.rules.deadlines import DeadlinePolicy, acknowledge_by
from services.dispatch.rules.operator_commands import (
    UNKNOWN_CASE,
    Command,
    CommandOutcome,
    CommandRefusal,
    close,
    lower_priority,
    missing,
    raise_priority,
    reopen,
    transfer,
)
from services.dispatch.rules.split_merge import (
    NOT_IN_CASE,
    ONLY_REQUEST,
    merge_case,
    refuse_merging,
    split_request,
)
from services.dispatch.rules.work_order_updates import Reassignment
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import new_id
from shared.vocabulary import CommandName

_Way: TypeAlias = Callable[[Case, Command, UnitOfWork, Policy, datetime], CommandOutcome]
_TOO_OLD = CommandRefusal(
    "case_too_old", "Requests of this case came before the router kept what a move needs."
)


def execute(command: Command, batch: UnitOfWork, policy: Policy, now: datetime) -> CommandOutcome:
    """Return what follows from a command, after everything before it in the batch."""
    case = batch.case(command.case_id)
    if case is None:
        return UNKNOWN_CASE
    try:
        return _WAYS[command.command](case, command, batch, policy, now)
    except (NotInCatalogueError, NoBureauError) as error:
        return CommandRefusal(error.code, f"{error}.")


def _lower(
    case: Case, command: Command, _: UnitOfWork, policy: Policy, __: datetime
) -> CommandOutcome:
    return lower_priority(case, command, _terms(case, policy, case.first_reported_at))


def _raise(
    case: Case, command: Command, _: UnitOfWork, policy: Policy, now: datetime
) -> CommandOutcome:
    return raise_priority(case, command, _terms(case, policy, now))


def _split(
    case: Case, command: Command, batch: UnitOfWork, policy: Policy, now: datetime
) -> CommandOutcome:
    if command.request_id is None:
        return missing("request_id", "which request shall have a case of its own")
    requests = batch.requests_of(case.case_id)
    if len(requests) != case.request_count:
        return _TOO_OLD
    mine = next((one for one in requests if one.request_id == command.request_id), None)
    if mine is None:
        return NOT_IN_CASE
    others = [one for one in requests if one is not mine]
    if not others:
        return ONLY_REQUEST
    return split_request(case, others, moved_request(mine, case, new_id(), policy, now))


def _merge(
    case: Case, command: Command, batch: UnitOfWork, policy: Policy, now: datetime
) -> CommandOutcome:
    if command.into_case is None:
        return missing("into_case", "which case shall have the requests")
    into = batch.case(command.into_case)
    if into is None:
        return UNKNOWN_CASE
    if refused := refuse_merging(case, into):
        return refused
    requests = batch.requests_of(case.case_id)
    if len(requests) != case.request_count:
        return _TOO_OLD
    arrivals = [moved_request(one, case, into.case_id, policy, now) for one in requests]
    return merge_case(case, into, arrivals, command, now)


def _transfer(
    case: Case, command: Command, _: UnitOfWork, policy: Policy, now: datetime
) -> CommandOutcome:
    seen_by = acknowledge_by(case.priority.level, now, policy.calendars[case.jurisdiction])
    bureaus = policy.bureaus(case.jurisdiction)
    return transfer(case, command, bureaus, Reassignment(new_id(), seen_by))


def _close(
    case: Case, command: Command, _: UnitOfWork, __: Policy, now: datetime
) -> CommandOutcome:
    return close(case, command, now)


def _reopen(
    case: Case, _: Command, __: UnitOfWork, policy: Policy, now: datetime
) -> CommandOutcome:
    return reopen(case, _terms(case, policy, now).due(case.priority.level), new_id)


def _terms(case: Case, policy: Policy, since: datetime) -> DeadlinePolicy:
    jurisdiction, kind = policy.kind(case.jurisdiction, case.service_code)
    return policy.terms(jurisdiction, kind, since)


_WAYS: Mapping[CommandName, _Way] = {
    "lower_priority": _lower,
    "raise_priority": _raise,
    "split_request": _split,
    "merge_case": _merge,
    "transfer": _transfer,
    "close": _close,
    "reopen": _reopen,
}
