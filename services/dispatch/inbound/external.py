"""Bureaus' updates and operators' commands: untrusted input, sanitized and validated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self, TypeAlias

from pydantic import TypeAdapter, ValidationError

from services.dispatch.records import CONTROL_CHARS, MessageKey, StoredSurge, strip_control_chars
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal
from services.dispatch.rules.work_order_updates import BureauUpdate, UpdateRefusal
from shared.contract.events import (
    OperatorCommand,
    OperatorCommanded,
    PlausibleMoment,
    SurgeEnded,
    SurgeStarted,
    WorkOrderUpdate,
    WorkOrderUpdated,
    invalid_fields,
)
from shared.redaction import Redactor

_MAX_ECHO = 100  # characters of a malformed update's field that its receipt repeats
_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(PlausibleMoment)


@dataclass(frozen=True, slots=True)
class IncomingUpdate:
    """A bureau's update; ``key.bureau`` is the sender.

    ``work_order_id`` and ``status`` are for the receipt, as far as they can be parsed.
    """

    key: MessageKey
    event: WorkOrderUpdated
    parsed: BureauUpdate | UpdateRefusal
    work_order_id: str | None
    status: str | None

    def redacted(self, redactor: Redactor) -> Self:
        """Return the update without contact data and links, as it is stored and published.

        The bureau's topic alone keeps its own words, until their retention ends. An event id with
        contact data stays the idempotency key, and no event names it as its cause.
        """
        holds_contact = redactor.holds_contact(self.event.id)
        event = self.event.anonymous() if holds_contact else self.event
        if not isinstance(self.parsed, BureauUpdate):
            return replace(self, event=event)
        update = self.parsed
        parsed = replace(
            update,
            public_note=update.public_note and redactor.redact_note(update.public_note),
            internal_note=update.internal_note and redactor.redact_note(update.internal_note),
            reason=update.reason and redactor.redact_note(update.reason),
            media=tuple(_redacted_media(update.media, redactor)),
        )
        return replace(self, event=event, parsed=parsed)


@dataclass(frozen=True, slots=True)
class IncomingCommand:
    """An operator's command."""

    key: MessageKey
    event: OperatorCommanded
    parsed: CaseCommand | CommandRefusal

    def redacted(self, redactor: Redactor) -> Self:
        """Return the command as it is stored and published: no contact data in reason and note.

        Its id stays the cause of its effects, which marks these as corrections.
        """
        if not isinstance(self.parsed, CaseCommand):
            return self
        command = self.parsed
        parsed = replace(
            command,
            reason=redactor.redact_note(command.reason),
            note=command.note and redactor.redact_note(command.note),
        )
        return replace(self, parsed=parsed)


def _redacted_media(
    media: Iterable[Mapping[str, str | None]], redactor: Redactor
) -> Iterator[Mapping[str, str | None]]:
    """Yield pictures with redacted addresses; those without anything left are dropped."""
    for medium in media:
        if url := redactor.redact_url((medium["url"] or "").translate(CONTROL_CHARS)):
            yield {"url": url}


def incoming_update(event: WorkOrderUpdated, sender: str) -> IncomingUpdate:
    """Parse an update from the topic of the bureau ``sender``."""
    data = strip_control_chars(event.data)
    return IncomingUpdate(
        key=MessageKey(event.source, event.id, sender),
        event=event,
        parsed=_parse_update(data),
        work_order_id=_echo(data, "work_order_id"),
        status=_echo(data, "status"),
    )


def incoming_command(event: OperatorCommanded, now: datetime) -> IncomingCommand:
    """Parse a command; its time is ``now`` where it has no valid one."""
    return IncomingCommand(MessageKey(event.source, event.id), event, _parse_command(event, now))


def _parse_update(data: object) -> BureauUpdate | UpdateRefusal:
    try:
        update = WorkOrderUpdate.model_validate(data)
        planned = update.scheduled_for
        times = {
            "at": update.at.astimezone(UTC),
            "scheduled_for": planned and planned.astimezone(UTC),
        }
        return BureauUpdate(**(update.model_dump() | times))
    except ValidationError as error:
        return UpdateRefusal("invalid", f"Fix these fields: {invalid_fields(error)}.")


def _parse_command(event: OperatorCommanded, now: datetime) -> CaseCommand | CommandRefusal:
    try:
        command = OperatorCommand.model_validate(strip_control_chars(event.data))
    except ValidationError as error:
        return CommandRefusal("invalid", f"Fix these fields: {invalid_fields(error)}.")
    return CaseCommand(**command.model_dump(), at=_given_at(event.time, now))


def _given_at(time: object, now: datetime) -> datetime:
    if not isinstance(time, str):
        return now
    try:
        return _TIMESTAMP.validate_python(time).astimezone(UTC)
    except ValidationError:
        return now


def _echo(data: object, field: str) -> str | None:
    value = data.get(field) if isinstance(data, Mapping) else None
    return value[:_MAX_ECHO] or None if isinstance(value, str) else None


SurgeEvent: TypeAlias = SurgeStarted | SurgeEnded


def latest_surges(events: Iterable[SurgeEvent]) -> Sequence[StoredSurge]:
    """Return each surge once; an end counts more than a start, in whatever order they come."""
    latest: dict[str, StoredSurge] = {}
    for event in events:
        known = latest.get(event.data.surge_id)
        if known is None or known.ended_at is None:
            latest[event.data.surge_id] = _known_surge(event)
    return list(latest.values())


def _known_surge(event: SurgeEvent) -> StoredSurge:
    surge = event.data
    return StoredSurge(
        surge_id=surge.surge_id,
        jurisdiction=surge.jurisdiction,
        dedup_group=surge.dedup_group,
        district=surge.district,
        started_at=surge.window_start,
        ended_at=surge.window_end if isinstance(event, SurgeEnded) else None,
        report_count=surge.count,
        expected=surge.expected,
    )
