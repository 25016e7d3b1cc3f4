"""From what a bureau's topic carries to an update that can be judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from services.dispatch.inbound.sanitize import strip_control_chars
from services.dispatch.rules.work_order_updates import Refusal, Update
from services.dispatch.unit_of_work import UpdateKey
from shared.contract.events import WorkOrderUpdate, WorkOrderUpdated, invalid_fields

_ECHO_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class IncomingUpdate:
    """An update with the bureau that sent it.

    Attributes:
        said: What it says, or why nobody can read it.
        work_order_id: What it is about, as far as that can be read.
        status: What it says of that, as far as that can be read.
    """

    key: UpdateKey
    event: WorkOrderUpdated
    said: Update | Refusal
    work_order_id: str | None
    status: str | None


def incoming_update(event: WorkOrderUpdated, sender: str) -> IncomingUpdate:
    """Return the update in an event that came by the sender's own way.

    Control characters mean nothing in any of its fields and are left out.
    """
    data = strip_control_chars(event.data)
    return IncomingUpdate(
        key=UpdateKey(sender, event.source, event.id),
        event=event,
        said=_read(data),
        work_order_id=_echo(data, "work_order_id"),
        status=_echo(data, "status"),
    )


def _read(data: object) -> Update | Refusal:
    try:
        said = WorkOrderUpdate.model_validate(data)
        return Update(
            work_order_id=said.work_order_id,
            bureau=said.bureau,
            status=said.status,
            at=said.at.astimezone(UTC),
            public_note=said.public_note,
            internal_note=said.internal_note,
            scheduled_for=_in_utc(said.scheduled_for),
            reason=said.reason,
            transfer_to=said.transfer_to,
            external_id=said.external_id,
            expected_version=said.expected_version,
        )
    except ValidationError as error:
        return Refusal("invalid", f"Mend these fields: {invalid_fields(error)}.")
    except OverflowError:
        return Refusal("invalid", "Mend these fields: at, scheduled_for: no year that there is.")


def _echo(data: object, field: str) -> str | None:
    value = data.get(field) if isinstance(data, Mapping) else None
    return value[:_ECHO_AT_MOST] or None if isinstance(value, str) else None


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
