"""Work orders that go to a system of another organization: state after each try."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, NamedTuple, TypeAlias, get_args

from shared.delivery_attempts import Outcome, Progress, progress_after
from shared.vocabulary import FINAL_STATUSES, WorkOrderStatus

ForwardState: TypeAlias = Literal["pending", "sent", "parked", "dropped", "done"]

# Longer than a try takes; after it the process that began one counts as dead.
LEASE = timedelta(minutes=2)
# Time until the other system shows an accepted request.
SHOWN_WITHIN = timedelta(minutes=1)
_NOT_SENT = frozenset({"address_not_allowed", "name_not_found", "certificate"})


@dataclass(frozen=True, slots=True)
class Forward:
    """A work order on its way to another system."""

    work_order_id: str
    attempts: int  # since it was issued, or since an operator retried it
    first_at: datetime | None
    due_at: datetime
    # First try that may have arrived; None for none. From then on the request is searched for
    # before it is sent.
    tried_at: datetime | None
    not_before: datetime  # until then a try may be under way, or its request not visible there yet
    # `dropped`: ended here before it was sent. `done`: ended here afterwards.
    state: ForwardState = "pending"
    reason: str | None = None
    service_request_id: str | None = None
    token: str | None = None  # stands for the id until there is one
    traceparent: str | None = None  # of the event that it was taken from


@dataclass(frozen=True, slots=True)
class Taken:
    """The other system has it: by an id, by a token, or without either."""

    service_request_id: str | None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It stays ``parked``, or is ``dropped`` because there is nothing left to send."""

    state: ForwardState
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A call failed; the ``error`` of its outcome is set."""

    outcome: Outcome
    reason: str
    may_have_arrived: bool


TryResult: TypeAlias = Taken | Refused | Failed


def may_have_arrived(outcome: Outcome) -> bool:
    """Return True unless a submission certainly created no request there."""
    if outcome.status is None:
        return outcome.error not in _NOT_SENT
    return not HTTPStatus.MULTIPLE_CHOICES <= outcome.status < HTTPStatus.INTERNAL_SERVER_ERROR


def begin_try(before: Forward, now: datetime) -> Forward:
    """Return a forward as committed before the call, which may arrive even after an error."""
    return replace(
        before,
        first_at=before.first_at or now,
        tried_at=before.tried_at or now,
        not_before=now + LEASE,
    )


def end_try(before: Forward, result: TryResult, began_at: datetime, jitter: float) -> Forward:
    """Return a forward, as it was before ``begin_try``, after the try; jitter is from -1 to 1."""
    arrived_at = before.tried_at or began_at
    match result:
        case Taken(service_request_id, token):
            return replace(
                before,
                state="sent",
                reason=None,
                tried_at=arrived_at,
                service_request_id=service_request_id,
                token=token,
            )
        case Refused(state, reason):
            return replace(before, state=state, reason=reason)
        case Failed(outcome, reason, arrived):
            outcome = replace(outcome, status=None)  # 410 gives up like any other
            progress = Progress(before.attempts, before.first_at, "pending", before.due_at)
            after = progress_after(progress, outcome, jitter)
            return replace(
                before,
                attempts=after.attempts,
                first_at=after.first_at,
                due_at=after.due_at,
                tried_at=arrived_at if arrived else before.tried_at,
                not_before=outcome.at + SHOWN_WITHIN if arrived else outcome.at,
                state="parked" if after.state == "parked" else "pending",
                reason=reason,
            )


DifferenceKind: TypeAlias = Literal["closed_there", "closed_here", "missing_there", "unknown_here"]

_CLOSED = FINAL_STATUSES | {"closed"}
_OPEN = {*get_args(WorkOrderStatus), "open"} - _CLOSED
_COLUMNS = ("work_order_id", "status")


class Difference(NamedTuple):
    """A work order whose status differs here and there."""

    work_order_id: str
    kind: DifferenceKind
    here: str | None
    there: str | None


class ExportError(ValueError):
    """An export is malformed; the text names line and remedy."""


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[Difference]:
    """Return what differs, by kind and id; statuses there are ours, ``open`` or ``closed``."""
    found = [_difference(id_, here.get(id_), there.get(id_)) for id_ in here.keys() | there.keys()]
    kinds = get_args(DifferenceKind)
    return sorted(filter(None, found), key=lambda one: (kinds.index(one.kind), one.work_order_id))


def _difference(id_: str, here: str | None, there: str | None) -> Difference | None:
    kind: DifferenceKind | None = None
    if here is None:
        kind = "unknown_here"
    elif there is None:
        kind = None if here in _CLOSED else "missing_there"
    elif (here in _CLOSED) != (there in _CLOSED):
        kind = "closed_here" if here in _CLOSED else "closed_there"
    return Difference(id_, kind, here, there) if kind else None


def read_export(text: str) -> dict[str, str]:
    """Return status by ``work_order_id`` of a CSV export; raises ``ExportError``."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        names = {name.strip().lower(): name for name in reader.fieldnames or ()}
        if missing := [name for name in _COLUMNS if name not in names]:
            raise ExportError(f"line 1: there is no column {' and no column '.join(missing)}")
        id_column, status_column = (names[name] for name in _COLUMNS)
        return dict(_rows(reader, id_column, status_column))
    except csv.Error as error:
        raise ExportError(f"line {reader.line_num}: not a CSV file ({error})") from None


def _rows(
    reader: "csv.DictReader[str]", id_column: str, status_column: str
) -> Iterator[tuple[str, str]]:
    for row in reader:
        work_order_id = (row[id_column] or "").strip().lower()
        status = (row[status_column] or "").strip().lower().replace(" ", "_")
        if status not in _OPEN | _CLOSED:
            known = ", ".join(sorted(_OPEN | _CLOSED))
            raise ExportError(f"line {reader.line_num}: the status must be one of {known}")
        if work_order_id:
            yield work_order_id, status
