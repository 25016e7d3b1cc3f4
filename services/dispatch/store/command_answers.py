"""Answers to commands over HTTP, for their repeats."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.dispatch.records import CommandKey
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
    """

    events: Sequence[bytes] = ()
    refusal: CommandRefusal | None = None


@dataclass(frozen=True, slots=True)
class KnownCommand:
    """A command that was processed before.

    Attributes:
        body_digest: SHA-256 of its body; None where it came over Kafka.
        answer: The answer to it.
    """

    body_digest: bytes | None
    answer: CommandAnswer


async def find_command(db: Connection, key: CommandKey) -> KnownCommand | None:
    """Return what is known of a command; None for a new one."""
    row = await db.fetchrow(_FIND_SQL, digest(key))
    if row is None:
        return None
    code = row["refused_as"]
    refusal = CommandRefusal(code, row["refusal"] or "") if code else None
    return KnownCommand(row["body_digest"], CommandAnswer(row["events"] or (), refusal))


async def keep_command_answer(
    db: Connection, key: CommandKey, body_digest: bytes, answer: CommandAnswer
) -> None:
    """Keep the answer to a command that was just processed.

    Args:
        db: The transaction that processed it.
        key: Its idempotency key.
        body_digest: SHA-256 of its body.
        answer: The answer.
    """
    message = answer.refusal.message if answer.refusal else None
    await db.execute(_KEEP_SQL, digest(key), body_digest, list(answer.events), message)
