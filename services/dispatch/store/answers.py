"""Answers to updates and commands over HTTP, kept for their repeats."""

from services.dispatch.records import CommandAnswer, MessageKey
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store.rows import digest
from shared.contract.events import UpdateReceipt
from shared.runtime.postgres import Connection

_FIND_UPDATE = "SELECT body_digest, answer FROM updates WHERE digest = $1"
_KEEP_UPDATE = "UPDATE updates SET body_digest = $2, answer = $3 WHERE digest = $1"
_FIND_COMMAND = "SELECT body_digest, events, refused_as, refusal FROM commands WHERE digest = $1"
_KEEP_COMMAND = "UPDATE commands SET body_digest = $2, events = $3, refusal = $4 WHERE digest = $1"


async def find_receipt(
    db: Connection, key: MessageKey
) -> tuple[bytes | None, UpdateReceipt | None] | None:
    """Return digest and receipt of an earlier update (None over Kafka); None for a new one."""
    row = await db.fetchrow(_FIND_UPDATE, digest(key))
    if row is None:
        return None
    answer = row["answer"]
    return row["body_digest"], UpdateReceipt.model_validate_json(answer) if answer else None


async def keep_receipt(
    db: Connection, key: MessageKey, body_digest: bytes, receipt: UpdateReceipt
) -> None:
    """Keep the receipt of an update in the transaction that processed it."""
    await db.execute(_KEEP_UPDATE, digest(key), body_digest, receipt.model_dump_json())


async def find_command_answer(db: Connection, key: MessageKey) -> CommandAnswer | None:
    """Return the answer to an earlier command; None for a new one."""
    row = await db.fetchrow(_FIND_COMMAND, digest(key))
    if row is None:
        return None
    code = row["refused_as"]
    refusal = CommandRefusal(code, row["refusal"] or "") if code else None
    return CommandAnswer(row["events"] or (), refusal, row["body_digest"])


async def keep_command_answer(db: Connection, key: MessageKey, answer: CommandAnswer) -> None:
    """Keep the answer to a command in the transaction that processed it."""
    message = answer.refusal.message if answer.refusal else None
    await db.execute(_KEEP_COMMAND, digest(key), answer.body_digest, list(answer.events), message)
