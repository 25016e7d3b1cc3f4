"""Operators' commands: executed on the state of the batch, or refused, with an audit entry each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias, get_args

from services.dispatch.handlers.case_history import case_events
from services.dispatch.inbound import (
    IncomingCommand,
    moved_request,
    neighbour_at,
    rerouted_request,
)
from services.dispatch.policy import DispatchPolicy, NoBureauError, NotInCatalogueError
from services.dispatch.records.changes import ProcessedMessage, WaitingCommand, uuids
from services.dispatch.rules import operator_commands, rerouting, split_merge, staff_commands
from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.case_changes import (
    ApprovalRefused,
    ApprovalRequested,
    CaseTransition,
)
from services.dispatch.rules.clocks import restart_clock
from services.dispatch.rules.deadlines import acknowledgement
from services.dispatch.rules.four_eyes import ALONE, Oversight, rule_of
from services.dispatch.rules.history import ChangeAuthor, author_of_command
from services.dispatch.rules.notes import with_location, with_neighbour
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal, CommandResult
from services.dispatch.rules.work_order_updates import Reassignment
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import Event, OperatorCommand, OperatorCommanded, new_id
from shared.contract.topics import OPERATOR_COMMANDS
from shared.runtime.consumer.messages import Message, dead_letter_record, record_position
from shared.runtime.kafka import Record
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName, FourEyesRule

_Outcome: TypeAlias = CommandResult | CommandRefusal
_CommandHandler: TypeAlias = Callable[
    [Case, CaseCommand, UnitOfWork, DispatchPolicy, datetime], _Outcome
]


def on_operator_commanded(
    incoming: IncomingCommand,
    record: Record,
    uow: UnitOfWork,
    policy: DispatchPolicy,
    now: datetime,
) -> Sequence[Event | Outgoing]:
    """Execute a command, or dead-letter it with the reason. Idempotent by the command's key."""
    if uow.has_processed(incoming.key):
        return []
    outcome = execute_command(redact_command(incoming, uow, policy), uow, policy, now)
    if isinstance(outcome, CommandRefusal):
        code, reason = outcome.code, outcome.message
        return [dead_letter_record(record, "dispatch", code=code, reason=reason)]
    return outcome


def redact_command(
    incoming: IncomingCommand, uow: UnitOfWork, policy: DispatchPolicy
) -> IncomingCommand:
    """Return a command without contact data, by the rules of its case's city."""
    command = incoming.parsed
    case = uow.case(command.case_id) if isinstance(command, CaseCommand) else None
    return incoming.redacted(policy.redactor(case))


def execute_command(
    incoming: IncomingCommand,
    uow: UnitOfWork,
    policy: DispatchPolicy,
    now: datetime,
    oversight: Oversight = ALONE,
) -> Sequence[Event] | CommandRefusal:
    """Execute and record a redacted command; return the events of its cases, or the refusal.

    A command that needs a second person, and would be executed, waits for the approval.
    """
    parsed = incoming.parsed
    if isinstance(parsed, CommandRefusal):
        uow.record(ProcessedMessage(incoming.key, None, parsed.code))
        return parsed
    outcome = _execute(parsed, uow, policy, now)
    if isinstance(outcome, CommandRefusal):
        uow.record(ProcessedMessage(incoming.key, parsed, outcome.code))
        return outcome
    uow.record(ProcessedMessage(incoming.key, parsed, None))
    case = uow.existing_case(parsed.case_id)
    if rule := rule_of(parsed, case, policy.four_eyes(case.jurisdiction), oversight):
        outcome = _wait(incoming, parsed, case, rule, oversight.approval_id or new_id(), uow, now)
    for request in outcome.changed_requests:
        uow.change_request(request)
    for transition in outcome.transitions:
        uow.change(transition.case, incoming.event)
    author = author_of_command(parsed)
    return case_events(outcome.transitions, incoming.event, uow, now, author)


def _wait(  # noqa: PLR0913, PLR0917 - what an approval is made of
    incoming: IncomingCommand,
    command: CaseCommand,
    case: Case,
    rule: FourEyesRule,
    approval_id: str,
    uow: UnitOfWork,
    now: datetime,
) -> CommandResult:
    """Return the effect of a command that waits for the approval of a second person."""
    data = command_data(command)
    uow.request_approval(
        WaitingCommand(approval_id, rule, now, incoming.event.source, command.actor, data)
    )
    change = ApprovalRequested(approval_id, command.command, rule)
    return CommandResult([CaseTransition(replace(case, version=case.version + 1), change)])


def refuse_approval(
    waiting: Sequence[WaitingCommand], by: ChangeAuthor, uow: UnitOfWork, now: datetime
) -> list[list[Event]]:
    """Return the events of each command that the second person refused."""
    found = []
    for one in waiting:
        case = uow.existing_case(one.data["case_id"])
        change = ApprovalRefused(one.approval_id, one.data["command"], one.rule)
        refused = CaseTransition(replace(case, version=case.version + 1), change)
        uow.change(refused.case, None)
        found.append(case_events([refused], None, uow, now, by))
    return found


def command_data(command: CaseCommand) -> dict[str, Any]:
    """Return a command, redacted before, as the data of its event."""
    return {name: getattr(command, name) for name in OperatorCommand.model_fields}


def command_record(executed: IncomingCommand) -> Outgoing:
    """Return the record of an executed command for its topic, with the redacted data."""
    if not isinstance(executed.parsed, CaseCommand):
        raise TypeError("a refused command has no record")
    data = command_data(executed.parsed)
    event = executed.event.model_copy(update={"data": data})
    return Outgoing.to_topic(OPERATOR_COMMANDS.name, executed.parsed.case_id, event)


def _execute(
    command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    case = uow.case(command.case_id)
    if case is None:
        return operator_commands.UNKNOWN_CASE
    if conflict := operator_commands.version_conflict(case, command):
        return conflict
    try:
        return _HANDLERS[command.command](case, command, uow, policy, now)
    except (NotInCatalogueError, NoBureauError) as error:
        return CommandRefusal(error.code, f"{error}.")


def _split(
    case: Case, command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    if command.request_id is None:
        return operator_commands.missing("request_id", "the request to split off", "invalid")
    requests = uow.requests_of(case.case_id)
    request = next((one for one in requests if one.request_id == command.request_id), None)
    if request is None:
        return split_merge.NOT_IN_CASE
    remaining = [one for one in requests if one is not request]
    if not remaining:
        return split_merge.ONLY_REQUEST
    return split_merge.split_request(
        case, remaining, moved_request(request, case, new_id(), policy, now)
    )


def _merge(
    case: Case, command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    if command.into_case is None:
        return operator_commands.missing("into_case", "the case to merge into", "invalid")
    into = uow.case(command.into_case)
    if into is None:
        return operator_commands.UNKNOWN_CASE
    if refusal := split_merge.refuse_merge(case, into):
        return refusal
    requests = uow.requests_of(case.case_id)
    moved = [moved_request(one, case, into.case_id, policy, now) for one in requests]
    return split_merge.merge_case(case, into, moved, command, now)


def _transfer(
    case: Case, command: CaseCommand, _: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    case = case.with_order(restart_clock(case.lead, now, policy.case_clock(case)))
    new_lead = policy.open_time(case.jurisdiction, command.bureau or case.lead_bureau)
    acknowledge = acknowledgement(case.priority.level, now, new_lead)
    bureaus = policy.bureau_codes(case.jurisdiction)
    return operator_commands.transfer_lead(
        case, command, bureaus, Reassignment(new_id(), acknowledge)
    )


def _change_kind(
    case: Case, command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    code = command.service_code
    if code is None:
        return operator_commands.missing("service_code", "the code of the new kind")
    if code not in policy.kinds_of(case.jurisdiction):
        return CommandRefusal("unknown_kind", "No kind of this city has the code in service_code.")
    if case.is_closed:
        return operator_commands.already_closed(case.status)
    if code == case.service_code:
        return CommandRefusal("same_kind", "The case is of this kind already.")
    _, kind = policy.kind(case.jurisdiction, code)
    name, notes = kind.name.en, kind.notes
    problem = rerouting.with_kind(case.problem, name, notes)
    corrected = rerouting.change_kind(case, code, kind.dedup.group, problem)
    requests = [
        rerouting.with_request_kind(request, code, name, notes)
        for request in uow.requests_of(case.case_id)
    ]
    return CommandResult(_rerouted(corrected, requests, policy, now), requests)


def _change_place(
    case: Case, command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    location = policy.located(case.jurisdiction, command.location)
    if location is None:
        return operator_commands.missing("location", "a point or an address")
    if case.is_closed:
        return operator_commands.already_closed(case.status)
    requests = uow.requests_of(case.case_id)
    opener = next(one for one in requests if one.request_id == case.opened_by)
    corrected = rerouting.change_place(case, location)
    placed = with_location(opener, location)
    if neighbour := neighbour_at(opener, case, location, policy):
        outside = with_neighbour(corrected.case, neighbour.name, neighbour.phone)
        return CommandResult([replace(corrected, case=outside)], [placed])
    others = [one for one in requests if one is not opener]
    return CommandResult(_rerouted(corrected, [placed, *others], policy, now), [placed])


def _rerouted(
    corrected: CaseTransition,
    requests: Sequence[CaseRequest],
    policy: DispatchPolicy,
    now: datetime,
) -> Sequence[CaseTransition]:
    """Return the transitions of a corrected case to the bureaus of its new route."""
    case = corrected.case
    opener = next(one for one in requests if one.request_id == case.opened_by)
    incoming = rerouted_request(opener, case, policy, now)
    lead = incoming.route.lead.bureau
    due = policy.case_deadlines(replace(case, lead_bureau=lead), case.first_reported_at)
    open_time = policy.open_time(case.jurisdiction, lead)
    running = case.with_order(restart_clock(case.lead, now, policy.case_clock(case)))
    return rerouting.follow_route(
        replace(corrected, case=case if lead == case.lead_bureau else running),
        incoming,
        due.due(case.priority.level),
        Reassignment(new_id(), acknowledgement(case.priority.level, now, open_time)),
    )


_HANDLERS: Mapping[CommandName, _CommandHandler] = {
    "lower_priority": lambda case, command, _, policy, __: operator_commands.lower_priority(
        case, command, policy.case_deadlines(case, case.first_reported_at)
    ),
    "raise_priority": lambda case, command, _, policy, now: operator_commands.raise_priority(
        case, command, policy.case_deadlines(case, now)
    ),
    "split_request": _split,
    "merge_case": _merge,
    "transfer": _transfer,
    "change_kind": _change_kind,
    "change_place": _change_place,
    "acknowledge": lambda case, _, __, ___, now: staff_commands.acknowledge(case, now),
    "unacknowledge": lambda case, *_: staff_commands.unacknowledge(case),
    "assign": lambda case, command, *_: staff_commands.assign(case, command),
    "note": lambda case, command, *_: staff_commands.note(case, command),
    "hold": lambda case, command, _, __, now: staff_commands.hold(case, command, now),
    "answer": lambda case, command, *_: staff_commands.answer(case, command),
    "ask": lambda case, command, _, __, now: staff_commands.ask(case, command, now),
    "erase_contact": lambda case, command, uow, *_: staff_commands.erase_contact(
        case, command, uow.requests_of(case.case_id)
    ),
    "close": lambda case, command, _, __, now: operator_commands.close(case, command, now),
    "reopen": lambda case, command, _, policy, now: operator_commands.reopen(
        case, command, policy.case_deadlines(case, now).due(case.priority.level), new_id
    ),
}
_MAX_CHARACTERS = 200
_COMMANDS = get_args(CommandName)


def operator_audits(
    messages: Sequence[Message[Any]], produced: Sequence[Event | Outgoing]
) -> Iterator[Mapping[str, str | None]]:
    """Yield an audit entry per command of a batch, from the events and dead letters produced."""
    executed = {event.causationid for event in produced if isinstance(event, Event)}
    refusals = dict(_refusals(produced))
    for message in messages:
        event, record = message.event, record_position(message.record)
        if isinstance(event, OperatorCommanded):
            done = "executed" if event.id in executed else "repeated"
            yield operator_audit(event, refusals.get(record, done), record)


def operator_audit(
    command: OperatorCommanded, outcome: str, record: str | None = None
) -> Mapping[str, str | None]:
    """Return the audit entry of a command: ``executed``, ``repeated``, or the code of the refusal.

    The record is ``topic/partition/offset``; None for a call over HTTP.
    """
    name, case_id = _text(command.data, "command"), _text(command.data, "case_id")
    return {
        "actor": _text(command.data, "actor"),
        "command": name if name in _COMMANDS else None,
        "case_id": case_id if case_id and uuids([case_id.lower()]) else None,
        "command_id": command.id,
        "source": command.source,
        "record": record,
        "outcome": outcome,
    }


def _refusals(produced: Sequence[Event | Outgoing]) -> Iterator[tuple[str, str]]:
    """Yield position and code of each refused command; our headers come after the sender's."""
    for item in produced:
        if isinstance(item, Outgoing):
            headers = dict(item.headers)
            yield _decoded(headers.get("source")), _decoded(headers.get("code"))


def _decoded(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _text(data: object, field: str) -> str | None:
    value = data.get(field) if isinstance(data, Mapping) else None
    return value[:_MAX_CHARACTERS] if isinstance(value, str) else None
