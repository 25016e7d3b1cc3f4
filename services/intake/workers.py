"""Background tasks beside the consumer: retention, and the scout of urgent submissions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from services.intake.media.store import erase_expired
from services.intake.policy import ServedCity
from services.intake.store.erasure import erase_contacts, kept_contacts
from services.intake.store.submissions import PostgresSubmissions
from shared.contract.events import Decoder, SubmissionReceived
from shared.contract.topic import Topic
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.messages import InvalidRecord, Message, parse_record, record_partition
from shared.runtime.cooperative import in_turns
from shared.runtime.kafka import Partition, Record
from shared.runtime.kafka.reader import Tail, follow
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, is_set_within
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()

# Also of pictures that no request shows: a rejected submission may be replayed with them.
REJECTED_RETENTION = timedelta(days=30)
_SWEEP_EVERY_S = 3600
_FIRST = (datetime(1, 1, 1, tzinfo=UTC), "00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes old rejected submissions; erases the data of closed cases."""

    pool: Pool
    clock: Callable[[], datetime]
    contacts_kept: timedelta = timedelta(days=400)
    batch_size: int = 1_000

    async def run(self, stopping: asyncio.Event) -> None:
        """Sweep once an hour until asked to stop."""
        while not stopping.is_set():
            try:
                await self.sweep()
                if erased := await self.sweep_contacts():
                    log.info("contacts_expired", requests=erased)
                await self.sweep_media()
            except (SystemicError, TransientError) as error:
                log.warning("retention_postponed", code=error.code)
            await is_set_within(stopping, _SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """Delete the rejected submissions that are due, 1,000 per transaction; return how many."""
        due_before = self.clock() - REJECTED_RETENTION
        total = 0
        while True:
            async with transaction(self.pool) as db:
                deleted = await PostgresSubmissions(db).delete_rejected(due_before, self.batch_size)
            total += deleted
            if deleted < self.batch_size:
                return total

    async def sweep_contacts(self) -> int:
        """Erase the contacts that are due; return how many."""
        over_before = self.clock() - self.contacts_kept
        total, after = 0, _FIRST
        while True:
            async with transaction(self.pool) as db:
                kept = await kept_contacts(db, over_before, after, self.batch_size)
                due = [contact.request_id for contact in kept if contact.is_over]
                if due:
                    await erase_contacts(db, due)
            total += len(due)
            if len(kept) < self.batch_size:
                return total
            after = (kept[-1].submitted_at, kept[-1].request_id)

    async def sweep_media(self) -> int:
        """Erase pictures that no request shows, or whose case closed long ago; return how many."""
        now = self.clock()
        async with transaction(self.pool) as db:
            return await erase_expired(db, now - REJECTED_RETENTION, now - self.contacts_kept)


_AT_ONCE = 1_000  # records of a poll: a transaction for what is found takes as long as these looks
_TOO_MANY, _NEWEST = 1_000, 200  # new records: at that many, all but the newest become backlog
_POLL_S = 0.5
_AGAIN_AFTER_S = 1.0
_MAX_BYTES = 64 * 1024  # a valid submission is smaller
_MAX_ANSWERED = 10_000
_DECODER = Decoder((SubmissionReceived,))


class Answered:
    """Positions of submissions that the scout has had accepted, which the reader leaves out.

    It is lost with the process, and has a limit: then the reader repeats a receipt byte by byte.
    """

    def __init__(self) -> None:
        self._positions: set[tuple[Partition, int]] = set()

    def has(self, record: Record) -> bool:
        """Return True when the scout has had this submission accepted."""
        return (record_partition(record), record.offset) in self._positions

    def add(self, records: Sequence[Record], passed: Mapping[Partition, int | None]) -> None:
        """Add the positions of records, and forget those that the reader has passed."""
        self._positions = {
            (partition, offset)
            for partition, offset in self._positions
            if offset >= (passed.get(partition) or 0)
        }
        if len(self._positions) < _MAX_ANSWERED:
            self._positions |= {(record_partition(r), r.offset) for r in records}


@dataclass(slots=True)
class Scout:
    """A second reader of the submissions, while the first one is behind.

    It takes a quick look at each record ahead of the reader and has those accepted that may be
    urgent: at new ones as they come, and beside that at the backlog in order. Of a burst of new
    ones only the end is new, and the rest becomes part of the backlog. So who submits now does not
    wait for the looks at what came before.

    Acceptance is idempotent, so the reader finds a repeat when it comes there. The scout stores no
    position and owns no partition: whenever it dies, the reader accepts what is left.

    It ends when the reader has caught up, and costs nothing until then.
    """

    reader: Consumer[Any]
    access: KafkaAccess
    cities: Mapping[str, ServedCity]
    # Accepts submissions in one transaction, receipts included.
    accept: Callable[[Sequence[Message[SubmissionReceived]]], Awaitable[None]]
    answered: Answered
    _topics: Mapping[str, Topic] = field(init=False)
    _new_from: Mapping[Partition, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._topics = {topic.name: topic for topic in self.reader.topics}

    async def run(self, stopping: asyncio.Event) -> None:
        """Look ahead whenever the reader is behind, until asked to stop."""
        try:
            while True:
                await cancel_on_stop(stopping, self._look_ahead())
        except StoppedError:
            return

    async def _look_ahead(self) -> None:
        await self.reader.pace.behind.wait()
        since = {p: offset or 0 for p, offset in self.reader.positions.items()}
        try:
            async with follow(self.access, since) as new, follow(self.access, since) as backlog:
                await self._skip(new, backlog)
                async with asyncio.TaskGroup() as looks:
                    looks.create_task(self._look_at_new(new, backlog, since))
                    looks.create_task(self._look_at_backlog(backlog, since))
        except Exception as error:  # noqa: BLE001 - the reader goes on without a scout
            log.warning("scout_failed", reason=type(error).__name__)
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _look_at_new(self, new: Tail, backlog: Tail, since: Mapping[Partition, int]) -> None:
        while self._is_needed(since):
            await self._take(await new.poll(_POLL_S, _AT_ONCE))
            if await new.waiting() > _TOO_MANY:
                await self._skip(new, backlog)

    async def _skip(self, new: Tail, backlog: Tail) -> None:
        left_out = await new.skip_to_newest(_NEWEST)
        self._new_from = {partition: offsets.stop for partition, offsets in left_out.items()}
        await backlog.go_back({partition: offsets.start for partition, offsets in left_out.items()})

    async def _look_at_backlog(self, backlog: Tail, since: Mapping[Partition, int]) -> None:
        while self._is_needed(since):
            records = await backlog.poll(_POLL_S, _AT_ONCE)
            await self._take([r for r in records if r.offset < self._new_from[record_partition(r)]])

    def _is_needed(self, since: Mapping[Partition, int]) -> bool:
        return self.reader.pace.behind.is_set() and self.reader.positions.keys() == since.keys()

    async def _take(self, records: Sequence[Record]) -> None:
        looks = await in_turns(self._urgent, records)
        found = [message for message in looks if message]
        if found:
            await self._accept(found)

    async def _accept(self, messages: Sequence[Message[SubmissionReceived]]) -> None:
        try:
            await self.accept(messages)
        except Exception as error:  # noqa: BLE001 - the reader comes to these as well
            log.warning("scout_left", submissions=len(messages), reason=type(error).__name__)
            return
        self.answered.add([message.record for message in messages], self.reader.positions)
        metrics.SCOUTED.inc(len(messages))

    def _urgent(self, record: Record) -> Message[SubmissionReceived] | None:
        """Return the submission if it may be urgent, and the reader does not have it already."""
        next_offset = self.reader.positions.get(record_partition(record)) or 0
        if (
            record.offset < next_offset + self.reader.batch_size
            or len(record.value or b"") > _MAX_BYTES
            or self.answered.has(record)
        ):
            return None
        message = parse_record(record, _DECODER, allows=self._topics[record.topic].allows)
        if isinstance(message, InvalidRecord):
            return None
        with suppress(Exception):  # anything may come from outside: the reader deals with it
            return message if self._may_be_urgent(message.event.data) else None
        return None

    def _may_be_urgent(self, data: Any) -> bool:  # noqa: ANN401 - anything may come from outside
        if not isinstance(data, dict):
            return False
        jurisdiction, code, text = (
            value if isinstance(value := data.get(name), str) else ""
            for name in ("jurisdiction", "service_code", "description")
        )
        attributes = data.get("attributes")
        city = self.cities.get(jurisdiction)
        return city is not None and city.quick_look.may_be_urgent(
            code, text, attributes if isinstance(attributes, dict) else {}
        )
