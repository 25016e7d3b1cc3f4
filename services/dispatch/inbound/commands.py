"""From what the operators' topic carries to a command that can be carried out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from services.dispatch.inbound.sanitize import strip_control_chars
from services.dispatch.rules.operator_commands import Command, CommandRefusal
from services.dispatch.unit_of_work import CommandKey
from shared.contract.events import OperatorCommand, OperatorCommanded, invalid_fields
from shared.runtime.consumer.messages import Message
from shared.runtime.kafka import Record

_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@dataclass(frozen=True, slots=True)
class IncomingCommand:
    """A command as it came; ``said`` is what it says, or why nobody can read it."""

    key: CommandKey
    event: OperatorCommanded
    record: Record
    said: Command | CommandRefusal


def incoming_command(message: Message[OperatorCommanded], now: datetime) -> IncomingCommand:
    """Return the command in a message; one that does not say when was ordered now."""
    event = message.event
    key = CommandKey(event.source, event.id)
    return IncomingCommand(key, event, message.record, _read(event, now))


def _read(event: OperatorCommanded, now: datetime) -> Command | CommandRefusal:
    try:
        said = OperatorCommand.model_validate(strip_control_chars(event.data))
    except ValidationError as error:
        return CommandRefusal("invalid", f"Mend these fields: {invalid_fields(error)}.")
    return Command(**said.model_dump(), at=_ordered_at(event.time, now))


def _ordered_at(said: object, now: datetime) -> datetime:
    if not isinstance(said, str):
        return now
    try:
        return _MOMENT.validate_python(said).astimezone(UTC)
    except (ValidationError, OverflowError):
        return now
