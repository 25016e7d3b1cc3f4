"""Handlers of operators' commands, from the topic and over HTTP."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from services.dispatch.handlers.case_history import case_events, notice_events
from services.dispatch.handlers.commands import execute
from services.dispatch.inbound.external import IncomingCommand
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records import LoadedState, ProcessedMessage
from services.dispatch.rules.history import author_of_command
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal
from services.dispatch.unit_of_work import DispatchStore, UnitOfWork
from shared.contract.events import Event, OperatorCommand, OperatorCommanded
from shared.contract.topics import OPERATOR_COMMANDS
from shared.runtime.consumer.messages import Message, dead_letter_record, record_position
from shared.runtime.kafka import Record
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName

COMMANDS_THAT_MOVE_REQUESTS: Collection[CommandName] = ("split_request", "merge_case")


def on_operator_commanded(
    incoming: IncomingCommand,
    record: Record,
    uow: UnitOfWork,
    policy: DispatchPolicy,
    now: datetime,
) -> Sequence[Event | Outgoing]:
    """Execute a command, or dead-letter it with the reason. Idempotent by the command's key.

    Args:
        incoming: The command of an operator.
        uow: State of the batch; takes the changes.
    """
    if uow.has_command(incoming.key):
        return []
    outcome = _execute(_redacted(incoming, uow, policy), uow, policy, now)
    if isinstance(outcome, CommandRefusal):
        code, reason = outcome.code, outcome.message
        return [dead_letter_record(record, "dispatch", code=code, reason=reason)]
    return outcome


async def on_commands_called(
    commands: Sequence[IncomingCommand], store: DispatchStore, policy: DispatchPolicy, now: datetime
) -> tuple[Sequence[Sequence[Event] | CommandRefusal], Sequence[Event | Outgoing]]:
    """Execute or refuse commands whose callers wait for the outcome.

    Returns for each command the events of its cases or the refusal, and all that is to be
    published: events and the record of each executed command.

    Those that are executed go to the topic of commands too, as the log of who changed what; there
    they count as repeats.

    Args:
        commands: In order; their keys are new.
        store: The tables, inside a transaction.
    """
    uow = UnitOfWork(await _load(commands, store))
    redacted = [_redacted(command, uow, policy) for command in commands]
    outcomes = [_execute(command, uow, policy, now) for command in redacted]
    produced: list[Event | Outgoing] = []
    for command, outcome in zip(redacted, outcomes, strict=True):
        if not isinstance(outcome, CommandRefusal):
            produced += [_record(command), *outcome]
    produced += notice_events(uow, now)
    await store.write(uow.change_set())
    return outcomes, produced


def _execute(
    incoming: IncomingCommand, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> Sequence[Event] | CommandRefusal:
    """Execute and record a command; return the events of its cases, or why it is refused."""
    parsed = incoming.parsed
    if isinstance(parsed, CommandRefusal):
        uow.record_command(ProcessedMessage(incoming.key, None, parsed.code))
        return parsed
    outcome = execute(parsed, uow, policy, now)
    if isinstance(outcome, CommandRefusal):
        uow.record_command(ProcessedMessage(incoming.key, parsed, outcome.code))
        return outcome
    uow.record_command(ProcessedMessage(incoming.key, parsed, None))
    for request in outcome.moved_requests:
        uow.change_request(request)
    for transition in outcome.transitions:
        uow.change(transition.case, incoming.event)
    author = author_of_command(parsed)
    return case_events(outcome.transitions, incoming.event, uow, now, author)


def _redacted(
    incoming: IncomingCommand, uow: UnitOfWork, policy: DispatchPolicy
) -> IncomingCommand:
    command = incoming.parsed
    case = uow.case(command.case_id) if isinstance(command, CaseCommand) else None
    return incoming.redacted(policy.redactor(case))


def _record(executed: IncomingCommand) -> Outgoing:
    """Return the record of an executed command for its topic, with the redacted data."""
    data = {name: getattr(executed.parsed, name) for name in OperatorCommand.model_fields}
    event = executed.event.model_copy(update={"data": data})
    return Outgoing.to_topic(OPERATOR_COMMANDS.name, data["case_id"], event)


async def _load(commands: Sequence[IncomingCommand], store: DispatchStore) -> LoadedState:
    parsed = [item.parsed for item in commands if isinstance(item.parsed, CaseCommand)]
    named = {case_id for c in parsed for case_id in (c.case_id, c.into_case)}
    moving = {c.case_id for c in parsed if c.command in COMMANDS_THAT_MOVE_REQUESTS}
    return LoadedState(
        cases=await store.load({case_id for case_id in named if case_id is not None}, ()),
        case_requests=await store.requests_of(moving),
    )


_MAX_CHARACTERS = 200
_COMMANDS = get_args(CommandName)


def operator_audits(
    messages: Sequence[Message[Any]], produced: Sequence[Event | Outgoing]
) -> Iterator[Mapping[str, str | None]]:
    """Yield an entry for each command of a batch.

    Args:
        produced: What the batch led to: events of cases, dead letters of refused commands.
    """
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
    """Return the audit entry of one command.

    Args:
        command: The command; a batch that is handled again repeats its id.
        outcome: ``executed``, ``repeated``, or the code of the refusal.
        record: ``topic/partition/offset``; None for a call over HTTP.
    """
    name, case_id = _text(command.data, "command"), _text(command.data, "case_id")
    return {
        "actor": _text(command.data, "actor"),
        "command": name if name in _COMMANDS else None,
        "case_id": case_id if case_id and _is_id(case_id) else None,
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


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
