"""Answers to updates over HTTP, for their repeats."""

from dataclasses import dataclass

from services.dispatch.records import MessageKey
from services.dispatch.store.rows import digest
from shared.contract.events import UpdateReceipt
from shared.runtime.postgres import Connection

_FIND_SQL = "SELECT body_digest, answer FROM updates WHERE digest = $1"
_KEEP_SQL = "UPDATE updates SET body_digest = $2, answer = $3 WHERE digest = $1"


@dataclass(frozen=True, slots=True)
class KnownUpdate:
    """An update that was processed before.

    Attributes:
        body_digest: SHA-256 of its body; None where it came over Kafka.
        receipt: The answer to it; None likewise.
    """

    body_digest: bytes | None
    receipt: UpdateReceipt | None


async def find_answer(db: Connection, key: MessageKey) -> KnownUpdate | None:
    """Return what is known of an update; None for a new one."""
    row = await db.fetchrow(_FIND_SQL, digest(key))
    if row is None:
        return None
    answer = row["answer"]
    receipt = UpdateReceipt.model_validate_json(answer) if answer else None
    return KnownUpdate(row["body_digest"], receipt)


async def keep_answer(
    db: Connection, key: MessageKey, body_digest: bytes, receipt: UpdateReceipt
) -> None:
    """Keep the answer to an update that was just processed.

    Args:
        db: The transaction that processed it.
        body_digest: SHA-256 of its body.
    """
    await db.execute(_KEEP_SQL, digest(key), body_digest, receipt.model_dump_json())
