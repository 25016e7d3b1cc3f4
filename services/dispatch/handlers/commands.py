"""Operators' commands: executed on the state of the batch, or refused, with an audit entry each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, get_args

from services.dispatch.handlers.case_history import case_events
from services.dispatch.inbound import IncomingCommand, moved_request
from services.dispatch.policy import DispatchPolicy, NoBureauError, NotInCatalogueError
from services.dispatch.records import ProcessedMessage, uuids
from services.dispatch.rules import operator_commands, split_merge
from services.dispatch.rules.case import Case
from services.dispatch.rules.clocks import restart_clock
from services.dispatch.rules.deadlines import acknowledgement
from services.dispatch.rules.history import author_of_command
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal, CommandResult
from services.dispatch.rules.work_order_updates import Reassignment
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import Event, OperatorCommand, OperatorCommanded, new_id
from shared.contract.topics import OPERATOR_COMMANDS
from shared.runtime.consumer.messages import Message, dead_letter_record, record_position
from shared.runtime.kafka import Record
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName

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
    incoming: IncomingCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> Sequence[Event] | CommandRefusal:
    """Execute and record a redacted command; return the events of its cases, or the refusal."""
    parsed = incoming.parsed
    if isinstance(parsed, CommandRefusal):
        uow.record(ProcessedMessage(incoming.key, None, parsed.code))
        return parsed
    outcome = _execute(parsed, uow, policy, now)
    if isinstance(outcome, CommandRefusal):
        uow.record(ProcessedMessage(incoming.key, parsed, outcome.code))
        return outcome
    uow.record(ProcessedMessage(incoming.key, parsed, None))
    for request in outcome.moved_requests:
        uow.change_request(request)
    for transition in outcome.transitions:
        uow.change(transition.case, incoming.event)
    author = author_of_command(parsed)
    return case_events(outcome.transitions, incoming.event, uow, now, author)


def command_record(executed: IncomingCommand) -> Outgoing:
    """Return the record of an executed command for its topic, with the redacted data."""
    data = {name: getattr(executed.parsed, name) for name in OperatorCommand.model_fields}
    event = executed.event.model_copy(update={"data": data})
    return Outgoing.to_topic(OPERATOR_COMMANDS.name, data["case_id"], event)


def _execute(
    command: CaseCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> _Outcome:
    case = uow.case(command.case_id)
    if case is None:
        return operator_commands.UNKNOWN_CASE
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
