"""Handing rejected submissions in again, after what they were rejected for was mended."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from cli.recovery.dlq_replay import Outcome
from cli.recovery.render import printable
from shared.contract.events import CONTENT_TYPE, Decoder, SubmissionHandedIn, SubmissionRejected
from shared.contract.events.codec import type_of
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import PermanentError
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.records import Outgoing
from shared.runtime.postgres import Connection
from shared.runtime.recovery.replay import ReplayLog, record_replays

_KEPT = """
    SELECT identity, source, submission_id, received_at, receipt, body
      FROM intake.submissions
     WHERE body IS NOT NULL AND first AND (received_at, identity) > ($1, $2) AND received_at <= $3
     ORDER BY received_at, identity
     LIMIT $4
"""
_LAST = "SELECT max(received_at) FROM intake.submissions WHERE body IS NOT NULL"
_TAKE_BACK = "DELETE FROM submissions WHERE identity = ANY($1::bytea[]) AND body IS NOT NULL"
_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00Z")
_AT_ONCE = 200
_SUBMISSIONS: Decoder[SubmissionHandedIn] = Decoder((SubmissionHandedIn,))
_RECEIPTS: Decoder[SubmissionRejected] = Decoder((SubmissionRejected,))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected submission that intake has kept.

    Attributes:
        codes: Why it was rejected.
        body: The value of its record, or of its HTTP request.
    """

    identity: bytes
    source: str
    submission_id: str
    received_at: datetime
    codes: frozenset[str]
    body: bytes

    @property
    def content(self) -> bytes:
        """Names it in the memory of replays."""
        digest = blake2b(b"rejected", digest_size=16)
        digest.update(self.identity + self.body)
        return digest.digest()

    @property
    def received_us(self) -> int:
        """When it was received, in microseconds since 1970; a copy that came back is later."""
        return int(self.received_at.timestamp() * 1_000_000)

    def record(self) -> Outgoing:
        """Return the record that hands it in again under the same source and id.

        Of one that came by HTTP, or by Kafka in binary mode, the envelope was not kept: it is
        made anew, with the moment of arrival as its time.
        """
        headers = [("content-type", CONTENT_TYPE)] if self._whole else self._envelope()
        key = self.source.encode()
        return Outgoing(self.submission_id, CHANNEL_SUBMISSIONS.name, key, self.body, headers)

    @property
    def _whole(self) -> bool:
        try:
            event = _SUBMISSIONS.decode(self.body)
        except PermanentError:
            return False
        return (event.source, event.id) == (self.source, self.submission_id)

    def _envelope(self) -> list[tuple[str, bytes]]:
        said = {
            "ce_specversion": "1.0",
            "ce_id": self.submission_id,
            "ce_source": self.source,
            "ce_type": type_of(SubmissionHandedIn),
            "ce_time": self.received_at.isoformat(),
            "content-type": "application/json",
        }
        return [(name, value.encode()) for name, value in said.items()]


@dataclass(frozen=True, slots=True)
class HandingIn:
    """Takes back the answers of rejected submissions and hands these in again.

    Attributes:
        code: Only those that were rejected for this, among other things.
        since: Only those received then or later.
        again: Also those that were handed in again once, and rejected once more.
        dry: Change nothing.
        sending: Is told in one line of each.
    """

    db: Connection
    memory: ReplayLog
    code: str | None
    since: datetime | None
    again: bool
    dry: bool
    sending: Callable[[str], None]

    async def run(self) -> Outcome:
        """Go through all that were there at the start; each batch is one transaction."""
        sent = came_back = 0
        async for batch in self._batches():
            standings = [self.memory.status_of(r.content, r.received_us) for r in batch]
            due = [
                rejected
                for rejected, standing in zip(batch, standings, strict=True)
                if standing == "waiting" or self.again
            ]
            came_back += len(batch) - len(due)
            sent += len(due)
            for rejected in due:
                self.sending(_line(rejected))
            if due and not self.dry:
                await self._hand_in(due)
        return Outcome(sent, came_back, self.dry)

    async def _batches(self) -> AsyncGenerator[list[Rejected], None]:
        last = await self.db.fetchval(_LAST)
        after = (self.since or _LONG_AGO, b"")
        while last and (rows := await self.db.fetch(_KEPT, *after, last, _AT_ONCE)):
            after = (rows[-1]["received_at"], rows[-1]["identity"])
            batch = [_rejected(row) for row in rows]
            yield [one for one in batch if self.code is None or self.code in one.codes]

    async def _hand_in(self, batch: Sequence[Rejected]) -> None:
        """Take back every answer under the identities, so that intake judges them anew."""
        async with self.db.transaction():
            await self.db.execute("SET LOCAL search_path = intake")
            await record_replays(self.db, {one.content: one.received_us for one in batch})
            await self.db.execute(_TAKE_BACK, [one.identity for one in batch])
            await enqueue(self.db, [one.record() for one in batch])


def _line(rejected: Rejected) -> str:
    said = f"{rejected.source}  {rejected.submission_id}  {', '.join(sorted(rejected.codes))}"
    return printable(f"{CHANNEL_SUBMISSIONS.name}  {said}  {len(rejected.body):,} bytes")


def _rejected(row: Any) -> Rejected:  # noqa: ANN401 - a row of asyncpg
    errors = _RECEIPTS.decode(row["receipt"]).data.errors
    codes = frozenset(error.code for error in errors)
    return Rejected(codes=codes, **{k: v for k, v in dict(row).items() if k != "receipt"})
