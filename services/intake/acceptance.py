"""Batching of concurrent submissions into shared transactions."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import structlog

from services.intake.handlers import accept_submissions, on_submissions_received
from services.intake.inbound.validation import addresses_alone
from services.intake.places.gazetteer import PrefetchedPlaces, geocoders_of
from services.intake.policy import IntakePolicy, Prefetch
from services.intake.records.submissions import RawSubmission, Receipt
from services.intake.store.submissions import PostgresSubmissions
from shared.contract.events import Event, SubmissionReceived
from shared.errors import SystemicError, TransientError
from shared.runtime.batch_size import BatchSize
from shared.runtime.clock import utc_now
from shared.runtime.consumer.messages import Message
from shared.runtime.http.deadline import DeadlineExceededError
from shared.runtime.ops.shutdown import is_set_within
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, transaction


@dataclass(frozen=True, slots=True)
class BatchAcceptance:
    """Accepts batches of submissions from HTTP and Kafka, each in one transaction."""

    pool: Pool
    policy: IntakePolicy
    hand_over: HandOver
    garbage_bytes_per_hour: int
    places: PrefetchedPlaces | None

    async def prefetch(self, submissions: Iterable[SubmissionReceived]) -> None:
        """Ask for the places of addresses, so that the transaction need not."""
        if self.places is not None:
            await self.places.fetch(await addresses_alone(submissions, self.policy))

    async def accept(self, submissions: Sequence[RawSubmission]) -> list[Receipt]:
        """Accept or reject submissions, all or none; return their receipts, in order."""
        async with transaction(self.pool) as db:
            results = await accept_submissions(
                submissions, self._store(db), self.policy, utc_now(), geocoders_of(db, self.policy)
            )
            batches = await enqueue(db, [event for result in results for event in result.events])
        self.hand_over(batches)
        return [result.receipt for result in results]

    async def prepare_messages(self, messages: Iterable[Message[Any]]) -> None:
        """Prefetch for ``handle``."""
        await self.prefetch(message.event for message in messages)

    async def handle(
        self, messages: Sequence[Message[Any]], db: Connection
    ) -> list[Event | Outgoing]:
        """Accept messages from Kafka in the caller's transaction; return their events."""
        geocoders = geocoders_of(db, self.policy)
        return await on_submissions_received(
            messages, self._store(db), self.policy, utc_now(), geocoders
        )

    async def accept_messages(self, messages: Sequence[Message[Any]]) -> None:
        """Accept messages ahead of their turn, in a transaction of their own."""
        await self.prepare_messages(messages)
        async with transaction(self.pool) as db:
            batches = await enqueue(db, await self.handle(messages, db))
        self.hand_over(batches)

    def _store(self, db: Connection) -> PostgresSubmissions:
        return PostgresSubmissions(db, self.garbage_bytes_per_hour)


log = structlog.get_logger()

AcceptSubmissions: TypeAlias = Callable[[Sequence[RawSubmission]], Awaitable[Sequence[Receipt]]]

_BACKOFF_S = (0.0, 0.02, 0.05, 0.1)
_POLL_EVERY_S = 0.25


class _Caller(NamedTuple):
    """A caller who waits for a receipt, until it is done or they give up."""

    submission: RawSubmission
    receipt: asyncio.Future[Receipt]


# A caller who arrives as a batch begins waits for two batches: less than the deadline.
TARGET_BATCH_S = 0.25

# Most of a batch's time is the database round trip, so smaller batches gain nothing.
MIN_BATCH_SIZE = 150

MAX_BATCH_SIZE = 500


@dataclass(slots=True)
class AdaptiveBatchSize(BatchSize):
    """Maximum submissions in one transaction, adapted to the database's speed."""

    batch_size: int = 200
    target_s: float = TARGET_BATCH_S
    least: int = MIN_BATCH_SIZE
    most: int = MAX_BATCH_SIZE

    @property
    def max_in_flight(self) -> int:
        """Maximum concurrent calls: one batch in progress and one that waits for it."""
        return 2 * self.batch_size


@dataclass(slots=True)
class SubmissionBatcher:
    """Accepts all submissions that arrived during one transaction together in the next.

    Attributes:
        accept_submissions: Accepts a batch in one transaction; raises when none was accepted.
        batch_size: Learns from the duration of each batch.
        prefetch: Waits for what submissions need before a batch; others need not wait for it.
    """

    accept_submissions: AcceptSubmissions
    batch_size: AdaptiveBatchSize = field(default_factory=AdaptiveBatchSize)
    prefetch: Prefetch | None = None
    _waiting: deque[_Caller] = field(default_factory=deque, init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _is_open: bool = field(default=False, init=False)

    async def submit(self, *submissions: RawSubmission) -> Sequence[Receipt]:
        """Return the receipts of submissions, in order, once all their effects are durable.

        One transaction may hold them all. Cancelling the call withdraws those whose transaction
        has not begun.
        """
        if self.prefetch:
            await self.prefetch([submission.envelope for submission in submissions])
        return await asyncio.gather(*[self._enqueue(submission) for submission in submissions])

    def _enqueue(self, submission: RawSubmission) -> asyncio.Future[Receipt]:
        if not self._is_open:
            raise DeadlineExceededError("not accepting")
        caller = _Caller(submission, asyncio.get_running_loop().create_future())
        self._waiting.append(caller)
        self._woken.set()
        return caller.receipt

    async def run(self, stopping: asyncio.Event) -> None:
        """Process batches until asked to stop, and then those that wait already."""
        self._is_open = True
        clock = asyncio.get_running_loop().time
        while not stopping.is_set():
            await is_set_within(self._woken, _POLL_EVERY_S)
            self._woken.clear()
            while self._waiting:
                started_at, callers = clock(), self._next_batch()
                await self._process(callers)
                self.batch_size.record(len(callers), clock() - started_at)
        self._is_open = False

    def _next_batch(self) -> list[_Caller]:
        count = min(len(self._waiting), self.batch_size.batch_size)
        callers = [self._waiting.popleft() for _ in range(count)]
        return [caller for caller in callers if not caller.receipt.done()]

    async def _process(self, callers: Sequence[_Caller]) -> None:
        """Accept a batch; when one submission is poison, accept each one alone."""
        outcomes: Sequence[Receipt | Exception]
        try:
            outcomes = await self._accept_with_retry([caller.submission for caller in callers])
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller gets a response
            if len(callers) > 1 and not isinstance(error, SystemicError):
                log.warning("submissions_split", size=len(callers), reason=type(error).__name__)
                for caller in callers:
                    await self._process([caller])
                return
            outcomes = [error] * len(callers)
        for caller, outcome in zip(callers, outcomes, strict=True):
            if caller.receipt.done():
                continue
            if isinstance(outcome, Exception):
                caller.receipt.set_exception(outcome)
            else:
                caller.receipt.set_result(outcome)

    async def _accept_with_retry(self, submissions: Sequence[RawSubmission]) -> Sequence[Receipt]:
        for pause_s in _BACKOFF_S:
            try:
                return await self.accept_submissions(submissions)
            except TransientError as error:
                log.warning("submissions_retried", code=error.code)
                await asyncio.sleep(pause_s)
        return await self.accept_submissions(submissions)
