"""Submissions, receipts and new requests in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from secrets import randbelow

from services.intake.identifiers import CAPACITY, SubmissionKey
from services.intake.media.store import attach_media
from services.intake.public_status.store import LISTING_COLUMNS, listing_rows
from services.intake.records.public import PublicRequest
from services.intake.records.submissions import Receipt, StoredSubmission
from services.intake.store.texts import HELD_COLUMNS, held_rows
from shared.runtime.consumer.garbage import DEFAULT_BYTES_PER_HOUR, Piece, admit, show_garbage
from shared.runtime.postgres import Connection, columns, row_count

_REJECTED = "rejected-submissions"
_RECEIPTS = """
    SELECT identity, fingerprint, receipt_id, receipt
      FROM submissions
     WHERE identity = ANY($1::bytea[])
"""
_DELETE_REJECTED = """
    DELETE FROM submissions
     WHERE (identity, fingerprint) IN (
           SELECT identity, fingerprint
             FROM submissions
            WHERE body IS NOT NULL AND received_at < $1
            ORDER BY received_at
            LIMIT $2)
"""
_SUBMISSION_COLUMNS = {
    "identity": "bytea",
    "fingerprint": "bytea",
    "first": "boolean",
    "source": "text",
    "submission_id": "text",
    "received_at": "timestamptz",
    "receipt_id": "text",
    "receipt": "bytea",
    "body": "bytea",
    "time_replaced": "boolean",
}
_REQUEST_COLUMNS = {
    "request_id": "uuid",
    "tracking_number": "text",
    "jurisdiction": "text",
    "service_code": "text",
    "submitted_at": "timestamptz",
    "address": "text",
    "latitude": "double precision",
    "longitude": "double precision",
    "reporter_ref": "text",
    "phone_ref": "text",
    "phone_language": "text",
    "public_id": "text",
    "own_text": "text",
    "contact": "text",
}
# Fields of ``PublicRequest`` that are columns; the contact follows them.
_REQUEST_FIELDS = len(_REQUEST_COLUMNS) - 1


def _insertions(**tables: Mapping[str, str]) -> str:
    """Return a statement that inserts rows into tables, given as arrays of their columns."""
    number, parts = count(1), []
    for table, types in tables.items():
        arrays = ", ".join(f"${next(number)}::{kind}[]" for kind in types.values())
        insertion = f"INSERT INTO {table} ({', '.join(types)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - constants
        parts.append(f"{table}_added AS ({insertion})")
    return f"WITH {', '.join(parts)} SELECT"


# One statement, so one round trip.
_ADD = _insertions(
    submissions=_SUBMISSION_COLUMNS,
    requests=_REQUEST_COLUMNS,
    listed_requests=LISTING_COLUMNS,
    reviewed_texts=HELD_COLUMNS,
)


class PostgresSubmissions:
    """Submissions and the requests of the accepted ones, inside the caller's transaction."""

    def __init__(
        self, connection: Connection, garbage_bytes_per_hour: int = DEFAULT_BYTES_PER_HOUR
    ) -> None:
        """Keep so many bytes of rejected submissions an hour, and of the rest only the receipt."""
        self._connection = connection
        self._garbage_bytes_per_hour = garbage_bytes_per_hour

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        """Return every receipt of these identities."""
        rows = await self._connection.fetch(_RECEIPTS, identities)
        return {
            (row["identity"], row["fingerprint"]): Receipt(row["receipt_id"], row["receipt"])
            for row in rows
        }

    def serials(self, count: int) -> Sequence[int]:
        """Return ``count`` random serial numbers; the table refuses one that is in use."""
        return [randbelow(CAPACITY) for _ in range(count)]

    async def add(
        self, submissions: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        """Store submissions and requests, sorted by key so that two members never deadlock.

        Known pictures are attached to the requests; an unknown one changes nothing.
        Of rejected submissions beyond the budget of bytes the body is not kept: ``route311 dlq
        replay --rejected`` cannot submit them again.
        """
        if not (submissions or requests):
            return
        submissions = await self._within_budget(submissions)
        rows = [_submission_row(s) for s in sorted(submissions, key=lambda s: s.key)]
        request_rows = [
            (*request[:_REQUEST_FIELDS], "given" if request.has_contact else "none")
            for request in requests
        ]
        await self._connection.execute(
            _ADD,
            *_arrays(rows, len(_SUBMISSION_COLUMNS)),
            *_arrays(request_rows, len(_REQUEST_COLUMNS)),
            *_arrays(listing_rows(requests), len(LISTING_COLUMNS)),
            *_arrays(held_rows(one.held for one in requests if one.held), len(HELD_COLUMNS)),
        )
        await attach_media(self._connection, {one.request_id: one.pictures for one in requests})

    async def _within_budget(
        self, submissions: Sequence[StoredSubmission]
    ) -> Sequence[StoredSubmission]:
        rejected = [s for s in submissions if s.body is not None]
        pieces = [Piece(_REJECTED, "rejected", len(s.body or b"")) for s in rejected]
        kept = await admit(self._connection, pieces, self._garbage_bytes_per_hour)
        show_garbage(pieces, kept)
        dropped = {s.key for s, is_kept in zip(rejected, kept, strict=True) if not is_kept}
        return [s._replace(body=b"") if s.key in dropped else s for s in submissions]

    async def delete_rejected(self, before: datetime, limit: int) -> int:
        """Delete the oldest submissions rejected before a time, exclusive; return how many."""
        return row_count(await self._connection.execute(_DELETE_REJECTED, before, limit))


def _arrays(rows: Sequence[Sequence[object]], width: int) -> Sequence[Sequence[object]]:
    return columns(rows) if rows else [()] * width


def _submission_row(submission: StoredSubmission) -> tuple[object, ...]:
    return (
        *submission.key,
        submission.first,
        submission.source,
        submission.submission_id,
        submission.received_at,
        submission.receipt.event_id,
        submission.receipt.value,
        submission.body,
        submission.time_replaced,
    )


_GIVE_CONTACT = """
    UPDATE requests
       SET contact = 'given', reporter_ref = coalesce(reporter_ref, $2), phone_ref = $3,
           phone_language = CASE WHEN $3::text IS NOT NULL THEN $4::text END
     WHERE tracking_number = $1 AND contact <> 'erased'
    RETURNING request_id::text
"""


async def give_contact(
    db: Connection, number: str, reporter_ref: str | None, phone_ref: str | None, language: str
) -> str | None:
    """Note that a request has a contact, and return its id; None for one that was erased."""
    request_id: str | None = await db.fetchval(
        _GIVE_CONTACT, number, reporter_ref, phone_ref, language
    )
    return request_id
