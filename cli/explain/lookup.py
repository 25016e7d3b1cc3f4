"""Finding the decision on a request in the log of a running router."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.intake.rules.tracking_number import read_tracking_number
from shared.contract.events import Decoder, RequestTriaged
from shared.contract.topics import TRIAGE_DECISIONS
from shared.errors import Route311Error
from shared.runtime.kafka import Partition, Record
from shared.runtime.kafka.reader import offset_bounds, offsets_at, read_range

_KNOWN = """
    SELECT request_id, tracking_number FROM intake.requests
     WHERE request_id = $1 OR tracking_number = $2
"""
_OF_TIME = 7  # UUIDs of this version start with their moment in milliseconds (RFC 9562)
_CLOCKS_APART = timedelta(minutes=5)

OnProgress = Callable[[int, int], None]
"""Hears how many records were read, and of how many."""


class NotDecidedError(Route311Error):
    """There is no decision on the request."""

    code = "not_decided"


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """A request by what is known of it; never both None.

    Attributes:
        is_known: Whether intake has accepted it.
    """

    request_id: UUID | None
    tracking_number: str | None
    is_known: bool = False

    @property
    def since(self) -> datetime | None:
        """No decision on it is older than this; None where its id does not tell."""
        if self.request_id is None or self.request_id.version != _OF_TIME:
            return None
        made = datetime.fromtimestamp((self.request_id.int >> 80) / 1000, UTC)
        return made - _CLOCKS_APART

    @property
    def mark(self) -> bytes:
        """What the bytes of its decision hold."""
        return str(self.request_id or self.tracking_number).encode()

    def is_meant_by(self, event: RequestTriaged) -> bool:
        """Whether the event is the decision on it."""
        said = event.data.request_id, event.data.tracking_number
        return str(self.request_id) == said[0] or self.tracking_number == said[1]


def parse_query(text: str) -> RequestQuery:
    """Return the request that a person means by an id or a tracking number.

    Raises:
        NotDecidedError: It is neither.
    """
    try:
        return RequestQuery(UUID(text), None)
    except ValueError:
        number = read_tracking_number(text)
    if number is None:
        raise NotDecidedError(f"{text!r} is neither a request id nor a tracking number")
    return RequestQuery(None, number)


async def find_decision(
    bootstrap: str, admin_dsn: str, text: str, heard: OnProgress
) -> RequestTriaged:
    """Return the first decision on a request.

    Its id tells from where in the log to read; only a tracking number that intake has forgotten
    needs the whole log.

    Args:
        bootstrap: The broker.
        admin_dsn: The database, as its administrator.
        text: Id or tracking number of the request.
        heard: Told how far the reading is.

    Raises:
        NotDecidedError: The log holds no decision on it.
    """
    wanted = await _known(admin_dsn, parse_query(text))
    decoder: Decoder[Any] = Decoder([RequestTriaged])
    async with aclosing(_decisions(bootstrap, wanted.since, heard)) as handfuls:
        async for records in handfuls:
            for record in records:
                if wanted.mark in (record.value or b""):
                    event = decoder.decode(record.value, dict(record.headers))
                    if wanted.is_meant_by(event):
                        return event  # type: ignore[no-any-return]
    if wanted.is_known:
        raise NotDecidedError(f"request {text} has no decision yet; see `route311 status`")
    raise NotDecidedError(f"there is no request {text}")


async def _known(admin_dsn: str, wanted: RequestQuery) -> RequestQuery:
    connection = await asyncpg.connect(admin_dsn)
    try:
        row = await connection.fetchrow(_KNOWN, wanted.request_id, wanted.tracking_number)
    finally:
        await connection.close()
    if row is None:
        return wanted
    return RequestQuery(row["request_id"], row["tracking_number"], is_known=True)


async def _decisions(
    bootstrap: str, since: datetime | None, heard: OnProgress
) -> AsyncGenerator[Sequence[Record]]:
    bounds = {
        partition: span
        for partition, span in (await offset_bounds(bootstrap)).items()
        if partition.topic == TRIAGE_DECISIONS.name
    }
    if since is not None:
        bounds = await _from(bootstrap, bounds, since)
    total, done = sum(end - first for first, end in bounds.values()), 0
    async with aclosing(read_range(bootstrap, bounds)) as handfuls:
        async for records in handfuls:
            done += len(records)
            heard(done, total)
            yield records


async def _from(
    bootstrap: str, bounds: dict[Partition, tuple[int, int]], since: datetime
) -> dict[Partition, tuple[int, int]]:
    starts = await offsets_at(bootstrap, bounds, since)
    return {p: (max(first, starts.get(p, end)), end) for p, (first, end) in bounds.items()}
