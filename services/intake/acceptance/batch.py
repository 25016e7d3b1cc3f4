"""Acceptance of batches: first what another server knows, then one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.intake.handlers import accept_submissions, on_submissions_received
from services.intake.inbound.batch import addresses_alone
from services.intake.places.gazetteer import geocoders_of
from services.intake.places.geocoder import PrefetchedPlaces
from services.intake.policy import IntakePolicy
from services.intake.records import RawSubmission, Receipt
from services.intake.store.submissions import PostgresSubmissions
from shared.contract.events import Event, SubmissionReceived
from shared.runtime.clock import utc_now
from shared.runtime.consumer.messages import Message
from shared.runtime.kafka import Record
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

    async def prepare(self, submissions: Iterable[RawSubmission]) -> None:
        """Prefetch for ``accept``."""
        await self.prefetch(submission.envelope for submission in submissions)

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
        self,
        messages: Sequence[Message[Any]],
        db: Connection,
        has_receipt: Callable[[Record], bool] = lambda _: False,
    ) -> list[Event | Outgoing]:
        """Accept messages from Kafka in the caller's transaction; return what follows."""
        return await on_submissions_received(
            messages,
            self._store(db),
            self.policy,
            utc_now(),
            has_receipt,
            geocoders_of(db, self.policy),
        )

    async def accept_messages(self, messages: Sequence[Message[Any]]) -> None:
        """Accept messages ahead of their turn, in a transaction of their own."""
        await self.prepare_messages(messages)
        async with transaction(self.pool) as db:
            batches = await enqueue(db, await self.handle(messages, db))
        self.hand_over(batches)

    def _store(self, db: Connection) -> PostgresSubmissions:
        return PostgresSubmissions(db, self.garbage_bytes_per_hour)
