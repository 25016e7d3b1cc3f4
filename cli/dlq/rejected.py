"""``route311 dlq replay``: progress and outcome, and resubmission of rejected submissions."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.terminal import printable
from shared.contract.events import CONTENT_TYPE, Decoder, SubmissionReceived, SubmissionRejected
from shared.contract.events.codec import type_of
from shared.contract.topics import INTAKE_RESUBMISSIONS
from shared.errors import PermanentError, Route311Error
from shared.runtime.outbox.outbox import enqueue, wake_relays
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import Replay, ReplayLog, record_replays


class ReplayUnderWayError(Route311Error):
    """Another process holds the lock for replays."""

    code = "replay_under_way"


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """Numbers of records replayed, and skipped since they came back after an earlier replay."""

    sent: int
    came_back: int
    dry_run: bool

    def summary(self) -> str:
        """Return the result in a sentence."""
        verb = "would be sent again" if self.dry_run else "sent again"
        left = (
            f"; {self.came_back:,} were dead-lettered again after a replay: --again includes them"
        )
        return f"{self.sent:,} {verb}{left if self.came_back else ''}"


async def run_replay(
    replay: Replay, letters: AsyncGenerator[DeadLetter, None], console: Console | None
) -> ReplayOutcome:
    """Run a replay and show its progress on the console, if any."""
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.completed:,} read")
    with Progress(*columns, console=console or Console(quiet=True)) as bar:
        task = bar.add_task("replay", total=None)

        async def counted() -> AsyncGenerator[DeadLetter, None]:
            async for letter in letters:
                bar.advance(task)
                yield letter

        async with aclosing(counted()) as read:
            await replay.run(read)
    return ReplayOutcome(replay.sent, replay.returned, replay.dry_run)


def line_of(letter: DeadLetter) -> str:
    """Return a line for a dry run: target topic, position, origin, reason and size."""
    text = f"{letter.original.topic}  {letter.position}  source {letter.source}  {letter.code}"
    return printable(f"{text}  {letter.size:,} bytes")


_SELECT_REJECTED = """
    SELECT identity, source, submission_id, received_at, receipt, body
      FROM intake.submissions
     WHERE body <> '' AND NOT erased AND first
       AND (received_at, identity) > ($1, $2) AND received_at <= $3
     ORDER BY received_at, identity
     LIMIT $4
"""
_NEWEST = "SELECT max(received_at) FROM intake.submissions WHERE body IS NOT NULL"
_DELETE_RECEIPTS = """
    DELETE FROM submissions
     WHERE identity = ANY($1::bytea[]) AND body IS NOT NULL AND NOT erased
"""
_BEGINNING = datetime.fromisoformat("1970-01-01T00:00Z")
_BATCH = 200
_SUBMISSIONS: Decoder[SubmissionReceived] = Decoder((SubmissionReceived,))
_RECEIPTS: Decoder[SubmissionRejected] = Decoder((SubmissionRejected,))


@dataclass(frozen=True, slots=True)
class RejectedSubmission:
    """A rejected submission that intake has kept."""

    identity: bytes  # hash of source and id
    source: str
    submission_id: str
    received_at: datetime
    codes: frozenset[str]
    body: bytes  # value of its record, or body of its HTTP request

    @property
    def content(self) -> bytes:
        """Key of the submission in the log of replays."""
        digest = blake2b(b"rejected", digest_size=16)
        digest.update(self.identity + self.body)
        return digest.digest()

    @property
    def received_us(self) -> int:
        """Time of arrival in microseconds since 1970; later for a copy that came back."""
        return int(self.received_at.timestamp() * 1_000_000)

    def record(self) -> Outgoing:
        """Return the record that submits it again under the same source and id.

        For one that came by HTTP, or by Kafka in binary mode, intake keeps no envelope: a new one
        has the time of arrival.
        """
        headers = self._envelope_headers()
        if self._has_envelope():
            headers = [("content-type", CONTENT_TYPE)]
        key = self.source.encode()
        return Outgoing(self.submission_id, INTAKE_RESUBMISSIONS.name, key, self.body, headers)

    def line(self) -> str:
        """Return a line for a dry run: target topic, source, id, reasons and size."""
        text = f"{self.source}  {self.submission_id}  {', '.join(sorted(self.codes))}"
        return printable(f"{INTAKE_RESUBMISSIONS.name}  {text}  {len(self.body):,} bytes")

    def _has_envelope(self) -> bool:
        try:
            event = _SUBMISSIONS.decode(self.body)
        except PermanentError:
            return False
        return (event.source, event.id) == (self.source, self.submission_id)

    def _envelope_headers(self) -> list[tuple[str, bytes]]:
        headers = {
            "ce_specversion": "1.0",
            "ce_id": self.submission_id,
            "ce_source": self.source,
            "ce_type": type_of(SubmissionReceived),
            "ce_time": self.received_at.isoformat(),
            "content-type": "application/json",
        }
        return [(name, value.encode()) for name, value in headers.items()]


@dataclass(frozen=True, slots=True)
class RejectedReplay:
    """Deletes the receipts of rejected submissions and submits these again."""

    db: Connection
    log: ReplayLog
    # Select those that were rejected for this reason, among others; None selects all.
    code: str | None
    since: datetime | None  # select those received then or later; None selects all
    again: bool  # include those that were submitted again before and rejected once more
    dry: bool
    on_due: Callable[[str], None]  # called with a line for each submission that is due

    async def run(self) -> ReplayOutcome:
        """Process all that were rejected before the start, in one transaction per batch."""
        sent = came_back = 0
        async for batch in self._batches():
            due = [
                one
                for one in batch
                if self.again or self.log.status_of(one.content, one.received_us) == "waiting"
            ]
            came_back += len(batch) - len(due)
            sent += len(due)
            for one in due:
                self.on_due(one.line())
            if due and not self.dry:
                await self._submit(due)
        return ReplayOutcome(sent, came_back, self.dry)

    async def _batches(self) -> AsyncGenerator[list[RejectedSubmission], None]:
        newest = await self.db.fetchval(_NEWEST)
        after = (self.since or _BEGINNING, b"")
        while newest and (rows := await self.db.fetch(_SELECT_REJECTED, *after, newest, _BATCH)):
            after = (rows[-1]["received_at"], rows[-1]["identity"])
            batch = [_rejected(row) for row in rows]
            yield [one for one in batch if self.code is None or self.code in one.codes]

    async def _submit(self, batch: Sequence[RejectedSubmission]) -> None:
        """Delete every receipt under the identities, so that intake validates again."""
        async with self.db.transaction():
            await self.db.execute("SET LOCAL search_path = intake")
            await record_replays(self.db, {one.content: one.received_us for one in batch})
            await self.db.execute(_DELETE_RECEIPTS, [one.identity for one in batch])
            await enqueue(self.db, [one.record() for one in batch])
            await wake_relays(self.db)


def _rejected(row: Any) -> RejectedSubmission:  # noqa: ANN401 - a row of asyncpg
    errors = _RECEIPTS.decode(row["receipt"]).data.errors
    codes = frozenset(error.code for error in errors)
    return RejectedSubmission(codes=codes, **{k: v for k, v in dict(row).items() if k != "receipt"})
