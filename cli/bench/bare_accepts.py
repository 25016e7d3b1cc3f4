"""The transaction that one submission needs, without anything around it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from os import urandom
from secrets import randbelow
from typing import NamedTuple, Self

from cli.adapter.command import offline_policy
from cli.bench.load import submissions
from services.intake.handlers import accept_submissions
from services.intake.inbound.batch import RawSubmission
from services.intake.public_status.model import PublicRequest
from services.intake.records import Receipt, StoredSubmission
from services.intake.rules.idempotency import SubmissionKey
from services.intake.rules.tracking_number import CAPACITY, tracking_number
from services.intake.store import PostgresSubmissions
from shared.contract.events import encode, new_id
from shared.runtime.clock import utc_now
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, transaction

_SAMPLES = 500
_KEY_BYTES = 32


class _Rows(NamedTuple):
    """What the acceptance of one submission writes."""

    submission: StoredSubmission
    request: PublicRequest
    outgoing: Sequence[Outgoing]


@dataclass(slots=True)
class _Recorder:
    """A store that keeps what it is given."""

    submissions: list[StoredSubmission] = field(default_factory=list)
    requests: list[PublicRequest] = field(default_factory=list)

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        del identities
        return {}

    def serials(self, count: int) -> Sequence[int]:
        return range(count)

    async def add(
        self,
        submissions: Sequence[StoredSubmission],
        requests: Sequence[PublicRequest],
        with_contact: Collection[str] = (),
    ) -> None:
        del with_contact
        self.submissions += submissions
        self.requests += requests

    async def attach_media(self, media_of: Mapping[str, Collection[str]]) -> None:
        """Keep nothing of pictures."""


class BareAccepts:
    """Stores rows that intake made of real submissions, each time under new ids."""

    def __init__(self, pool: Pool, rows: Sequence[_Rows]) -> None:
        self._pool = pool
        self._rows = cycle(rows)

    @classmethod
    async def prepare(cls, pool: Pool) -> Self:
        """Make the rows, and keep the events encoded."""
        recorder = _Recorder()
        raw = [RawSubmission(event, encode(event)) for event in submissions(_SAMPLES)]
        results = await accept_submissions(raw, recorder, offline_policy(), utc_now())
        outgoing = [
            [record for event in result.events for record in Outgoing.for_event(event)]
            for result in results
        ]
        rows = zip(recorder.submissions, recorder.requests, outgoing, strict=True)
        return cls(pool, [_Rows(*row) for row in rows])

    async def accept(self) -> None:
        """Store one submission as intake does: look for a receipt, then add rows and outbox."""
        submission, request, outgoing = next(self._rows)
        receipt = submission.receipt
        submission = submission._replace(
            key=(urandom(_KEY_BYTES), submission.key[1]),
            receipt=Receipt(new_id(), receipt.value),
        )
        request = request._replace(
            request_id=new_id(),
            tracking_number=tracking_number(randbelow(CAPACITY), request.submitted_at.year),
        )
        async with transaction(self._pool) as db:
            store = PostgresSubmissions(db)
            await store.receipts([submission.key[0]])
            await store.add([submission], [request])
            await enqueue(db, outgoing)
