"""Answers to commands over HTTP, for their repeats."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.dispatch.records import MessageKey
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store.rows import digest
from shared.runtime.postgres import Connection

_FIND_SQL = "SELECT body_digest, events, refused_as, refusal FROM commands WHERE digest = $1"
_KEEP_SQL = "UPDATE commands SET body_digest = $2, events = $3, refusal = $4 WHERE digest = $1"


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """The answer to a command.

    Attributes:
        events: The events of its cases, with the bytes of their topic.
        refusal: Why it is refused; None where it was executed.
        body_digest: SHA-256 of the body over HTTP; None for a command over Kafka.
    """

    events: Sequence[bytes] = ()
    refusal: CommandRefusal | None = None
    body_digest: bytes | None = None


async def find_command_answer(db: Connection, key: MessageKey) -> CommandAnswer | None:
    """Return the answer to a command that was processed before; None for a new one."""
    row = await db.fetchrow(_FIND_SQL, digest(key))
    if row is None:
        return None
    code = row["refused_as"]
    refusal = CommandRefusal(code, row["refusal"] or "") if code else None
    return CommandAnswer(row["events"] or (), refusal, row["body_digest"])


async def keep_command_answer(db: Connection, key: MessageKey, answer: CommandAnswer) -> None:
    """Keep the answer to a command in the transaction that processed it."""
    message = answer.refusal.message if answer.refusal else None
    await db.execute(_KEEP_SQL, digest(key), answer.body_digest, list(answer.events), message)
