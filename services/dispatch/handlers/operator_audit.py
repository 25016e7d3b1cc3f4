"""Entries of the audit stream for operators' commands."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args
from uuid import UUID

from shared.contract.events import Event, OperatorCommanded
from shared.runtime.consumer.messages import Message, record_position
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName

_MAX_CHARACTERS = 200
_COMMANDS = get_args(CommandName)


def operator_audits(
    messages: Sequence[Message[Any]], produced: Sequence[Event | Outgoing]
) -> Iterator[Mapping[str, str | None]]:
    """Yield an entry for each command of a batch.

    Args:
        messages: The batch.
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
