"""What intake has answered, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.intake.outbound import Receipt
from services.intake.public_status.model import PublicRequest
from services.intake.records import StoredSubmission, SubmissionKey
from shared.runtime.postgres import Connection

_RECEIPTS = """
    SELECT identity, fingerprint, receipt_id, receipt
      FROM submissions
     WHERE identity = ANY($1::bytea[])
"""
_SERIALS = "SELECT nextval('serial_numbers') AS serial FROM generate_series(1, $1)"
_FORGET = """
    DELETE FROM submissions
     WHERE (identity, fingerprint) IN (
           SELECT identity, fingerprint
             FROM submissions
            WHERE body IS NOT NULL AND received_at < $1
            ORDER BY received_at
            LIMIT $2)
"""
_SUBMISSION = (
    "identity",
    "fingerprint",
    "first",
    "source",
    "submission_id",
    "received_at",
    "receipt_id",
    "receipt",
    "body",
    "time_replaced",
)
_REQUEST = (
    "request_id",
    "tracking_number",
    "jurisdiction",
    "service_code",
    "submitted_at",
    "address",
    "latitude",
    "longitude",
)


class PostgresSubmissions:
    """Submissions and the requests that came of them, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def receipts(self, identities: Sequence[bytes]) -> Mapping[SubmissionKey, Receipt]:
        """Return every answer given under these identities."""
        rows = await self._connection.fetch(_RECEIPTS, identities)
        return {
            (row["identity"], row["fingerprint"]): Receipt(row["receipt_id"], row["receipt"])
            for row in rows
        }

    async def serials(self, count: int) -> Sequence[int]:
        """Return that many serial numbers, each for the first and only time."""
        return [row["serial"] for row in await self._connection.fetch(_SERIALS, count)]

    async def add(
        self, filings: Sequence[StoredSubmission], requests: Sequence[PublicRequest]
    ) -> None:
        """Keep them; in the order of their keys, so that two members never wait for each other."""
        if filings:
            await self._connection.copy_records_to_table(
                "submissions",
                columns=_SUBMISSION,
                records=[_submission(f) for f in sorted(filings, key=lambda f: f.key)],
            )
        if requests:
            await self._connection.copy_records_to_table(
                "requests", columns=_REQUEST, records=[_request(r) for r in requests]
            )

    async def forget_rejected(self, before: datetime, at_most: int) -> int:
        """Delete the oldest submissions that were rejected before a moment; return how many."""
        status = await self._connection.execute(_FORGET, before, at_most)
        return int(status.rpartition(" ")[2])


def _submission(filing: StoredSubmission) -> tuple[object, ...]:
    return (
        *filing.key,
        filing.first,
        filing.source,
        filing.submission_id,
        filing.received_at,
        filing.receipt.event_id,
        filing.receipt.value,
        filing.body,
        filing.time_replaced,
    )


def _request(request: PublicRequest) -> tuple[object, ...]:
    return tuple(getattr(request, column) for column in _REQUEST)
