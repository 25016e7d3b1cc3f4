"""The transaction that one submission needs, as one statement of SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from os import urandom
from secrets import randbelow
from typing import NamedTuple, Self

from services.intake.handlers import accept_submissions
from services.intake.identifiers import CAPACITY, SubmissionKey, tracking_number
from services.intake.records.public import Listing, PublicRequest
from services.intake.records.submissions import RawSubmission, Receipt, StoredSubmission
from shared.contract.events import encode, new_id
from shared.runtime.clock import utc_now
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool
from workbench.adapter.command import offline_policy
from workbench.bench.load import submissions
from workbench.bench.mix import Mix

_SAMPLES = 500
_KEY_BYTES = 32
_ACCEPT = """
    WITH known AS (
        SELECT receipt FROM submissions WHERE identity = $1
    ), submission AS (
        INSERT INTO submissions (identity, fingerprint, first, source, submission_id, received_at,
                                 receipt_id, receipt, time_replaced)
        SELECT $1, $2, true, $3, $4, now(), $5, $6, false
         WHERE NOT EXISTS (SELECT FROM known)
    ), request AS (
        INSERT INTO requests (request_id, tracking_number, jurisdiction, service_code,
                              submitted_at, latitude, longitude, contact)
        VALUES ($7::text::uuid, $8, $9, $10, $11, $12, $13, 'none')
    ), listing AS (
        INSERT INTO listed_requests (request_id, jurisdiction, service_code, submitted_at,
                                     updated_at, description, latitude, longitude)
        VALUES ($7::text::uuid, $9, $10, $11, $11, $14, $15, $16)
    ), batch AS (
        INSERT INTO outbox_batches (segment, seq, bucket, event_ids, topics, keys, payloads,
                                    headers)
        SELECT current, nextval('outbox_seq'), 0, $17::text[], $18::text[], $19::bytea[],
               $20::bytea[], array_fill(NULL::text, ARRAY[cardinality($17::text[])])
          FROM outbox_segment
        RETURNING seq, bucket, cardinality(event_ids)
    )
    INSERT INTO outbox_waiting (seq, bucket, records, bytes)
    SELECT batch.*, $21 FROM batch
"""


class _Sample(NamedTuple):
    """Rows and records of one accepted submission."""

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
        self, submissions: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        self.submissions += submissions
        self.requests += requests


class BareAccepts:
    """Stores rows that intake made of submissions, each time under new ids.

    A statement looks for a receipt and adds the submission, the request, its listing and the
    outbox's batch. Its work at the client is small, so the database is the limit.
    """

    def __init__(self, pool: Pool, samples: Sequence[_Sample]) -> None:
        self._pool = pool
        self._samples = cycle(samples)

    @classmethod
    async def prepare(cls, pool: Pool, mix: Mix) -> Self:
        """Make the rows of some submissions."""
        recorder = _Recorder()
        raw = [RawSubmission(event, encode(event)) for event in submissions(_SAMPLES, mix=mix)]
        results = await accept_submissions(raw, recorder, offline_policy(), utc_now())
        outgoing = [
            [record for event in result.events for record in Outgoing.for_event(event)]
            for result in results
        ]
        rows = zip(recorder.submissions, recorder.requests, outgoing, strict=True)
        return cls(pool, [_Sample(*row) for row in rows])

    async def accept(self) -> None:
        """Store one submission in a transaction."""
        submission, request, outgoing = next(self._samples)
        listing = request.listing or Listing("", request.latitude, request.longitude)
        await self._pool.execute(
            _ACCEPT,
            *(urandom(_KEY_BYTES), submission.key[1]),
            *(submission.source, submission.submission_id, new_id(), submission.receipt.value),
            *(new_id(), tracking_number(randbelow(CAPACITY), request.submitted_at.year)),
            *(request.jurisdiction, request.service_code, request.submitted_at),
            *(request.latitude, request.longitude, *listing),
            [record.event_id for record in outgoing],
            [record.topic for record in outgoing],
            [record.key for record in outgoing],
            [record.value for record in outgoing],
            sum(record.size for record in outgoing),
        )
