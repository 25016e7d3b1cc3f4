"""Lookup of the decision on a request in the log of a running router."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake.identifiers import read_tracking_number
from shared.contract.events import Decoder, RequestTriaged
from shared.contract.topics import TRIAGE_DECISIONS
from shared.errors import Route311Error
from shared.runtime.kafka import Record, headers_by_name
from shared.runtime.kafka.reader import offset_bounds, offsets_at, read_range
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import open_database

_FIND_REQUEST = """
    SELECT request_id, tracking_number FROM intake.requests
     WHERE request_id = $1 OR tracking_number = $2
"""
_UUID_VERSION_WITH_TIME = 7  # such UUIDs start with their time in milliseconds (RFC 9562)
_CLOCK_SKEW = timedelta(minutes=5)

# Called with the number of records read so far and their total.
OnProgress = Callable[[int, int], None]


class NotDecidedError(Route311Error):
    """There is no decision on the request."""

    code = "not_decided"


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """A request by its id, its tracking number or both; ``is_known`` once found in intake."""

    request_id: UUID | None
    tracking_number: str | None
    is_known: bool = False

    @property
    def since(self) -> datetime | None:
        """Lower bound for the time of its decision; None when the id contains no time."""
        if self.request_id is None or self.request_id.version != _UUID_VERSION_WITH_TIME:
            return None
        made_at = datetime.fromtimestamp((self.request_id.int >> 80) / 1000, UTC)
        return made_at - _CLOCK_SKEW

    @property
    def needle(self) -> bytes:
        """Bytes that its decision contains."""
        return str(self.request_id or self.tracking_number).encode()

    def matches(self, event: RequestTriaged) -> bool:
        """Return True for the decision on it."""
        decision = event.data
        return (
            str(self.request_id) == decision.request_id
            or self.tracking_number == decision.tracking_number
        )


def parse_query(text: str) -> RequestQuery:
    """Parse a request id or a tracking number; NotDecidedError if it is neither."""
    try:
        return RequestQuery(UUID(text), None)
    except ValueError:
        number = read_tracking_number(text)
    if number is None:
        raise NotDecidedError(f"{text!r} is neither a request id nor a tracking number")
    return RequestQuery(None, number)


async def find_decision(
    access: KafkaAccess, dsn: str, text: str, on_progress: OnProgress
) -> RequestTriaged:
    """Return the first decision on a request, by its id or number; NotDecidedError for none.

    The time in its id bounds the part of the log to read; only a tracking number that intake has
    deleted needs the whole log.
    """
    query = await _resolved(dsn, parse_query(text))
    decoder: Decoder[Any] = Decoder(TRIAGE_DECISIONS.events)
    async with aclosing(_read_decisions(access, query.since, on_progress)) as batches:
        async for records in batches:
            for record in records:
                if query.needle in (record.value or b""):
                    event = decoder.decode(record.value, headers_by_name(record))
                    if isinstance(event, RequestTriaged) and query.matches(event):
                        return event
    if query.is_known:
        raise NotDecidedError(f"request {text} has no decision yet; see `route311 status`")
    raise NotDecidedError(f"there is no request {text}")


async def _resolved(dsn: str, query: RequestQuery) -> RequestQuery:
    async with open_database(dsn) as connection:
        row = await connection.fetchrow(_FIND_REQUEST, query.request_id, query.tracking_number)
    if row is None:
        return query
    return RequestQuery(row["request_id"], row["tracking_number"], is_known=True)


async def _read_decisions(
    access: KafkaAccess, since: datetime | None, on_progress: OnProgress
) -> AsyncGenerator[Sequence[Record]]:
    ranges = await offset_bounds(access, [TRIAGE_DECISIONS.name])
    if since is not None:
        starts = await offsets_at(access, ranges, since)
        ranges = {
            partition: (max(first, starts.get(partition, end)), end)
            for partition, (first, end) in ranges.items()
        }
    total, done = sum(end - first for first, end in ranges.values()), 0
    async with aclosing(read_range(access, ranges)) as batches:
        async for records in batches:
            done += len(records)
            on_progress(done, total)
            yield records
