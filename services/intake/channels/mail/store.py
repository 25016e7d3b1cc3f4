"""Messages and conversations by e-mail in PostgreSQL."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from asyncpg import Record
from pydantic import TypeAdapter

from services.intake.channels.conversations.waiting import (
    address_place,
    name_place,
    open_if_readable,
)
from services.intake.channels.mail.rules.machine import MailConversation
from shared.runtime.postgres import Connection
from shared.runtime.sealing import Sealer

_ADD_MESSAGE = """
    INSERT INTO mail_messages (identity, digest, received_at) VALUES ($1, $2, $3)
    ON CONFLICT (identity) DO NOTHING
    RETURNING true
"""
_DIGEST = "SELECT digest FROM mail_messages WHERE identity = $1"
_EXISTS = "SELECT EXISTS (SELECT FROM mail_conversations WHERE token = $1)"
COLUMNS = "token, jurisdiction, person, sealed_address, message_id, state, asked_at"
_LOCK = f"SELECT {COLUMNS} FROM mail_conversations WHERE token = $1 FOR UPDATE"  # noqa: S608
_LOCK_DUE = f"""
    SELECT {COLUMNS}
      FROM mail_conversations
     WHERE due_at <= $1 AND jurisdiction = ANY($2::text[])
     ORDER BY due_at
     LIMIT 1
       FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - constants only
_ADD = """
    INSERT INTO mail_conversations
        (token, jurisdiction, person, sealed_address, message_id, state, asked_at, due_at, sending,
         send_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $7)
"""
_SAVE = """
    UPDATE mail_conversations
       SET state = $2, due_at = $3,
           sending = CASE WHEN sending = 'pending' AND $3::timestamptz IS NULL
                          THEN 'dropped' ELSE sending END,
           sealed_address = CASE WHEN $3::timestamptz IS NULL AND sending <> 'sending'
                                 THEN NULL ELSE sealed_address END
     WHERE token = $1
"""
_ASKED_SINCE = "SELECT count(*) FROM mail_conversations WHERE person = $1 AND asked_at > $2"
_DELETE_MESSAGES = "DELETE FROM mail_messages WHERE received_at < $1"
_DELETE_CONVERSATIONS = "DELETE FROM mail_conversations WHERE due_at IS NULL AND asked_at < $1"
_ERASE_DRAFTS = """
    UPDATE mail_conversations
       SET sealed_address = NULL, due_at = NULL, state = jsonb_set(state, '{report}', 'null'),
           sending = CASE WHEN sending = 'pending' THEN 'dropped' ELSE sending END
     WHERE token = ANY($1::text[])
"""
_STATE = TypeAdapter(MailConversation)


class StoredConversation(NamedTuple):
    """A stored conversation: token of its answer address, keyed hash and address of the person."""

    token: str
    jurisdiction: str
    person: str
    address: str | None
    message_id: str
    state: MailConversation
    asked_at: datetime


async def add_message(
    db: Connection, identity: bytes, digest: bytes, now: datetime
) -> bytes | None:
    """Store a message; return None, or the digest of the message that has its identity.

    The same message in another transaction is waited for.
    """
    if await db.fetchval(_ADD_MESSAGE, identity, digest, now):
        return None
    return bytes(await db.fetchval(_DIGEST, identity))


async def is_token(db: Connection, token: str) -> bool:
    """Return True when a conversation has this token."""
    return bool(await db.fetchval(_EXISTS, token))


async def lock_conversation(
    db: Connection, token: str, sealer: Sealer
) -> StoredConversation | None:
    """Return a conversation, locked until the transaction ends; None for an unknown token."""
    row = await db.fetchrow(_LOCK, token)
    return stored_conversation(row, sealer) if row else None


async def lock_due(
    db: Connection, now: datetime, jurisdictions: Collection[str], sealer: Sealer
) -> StoredConversation | None:
    """Return the conversation that is due the longest, locked; None when none is."""
    row = await db.fetchrow(_LOCK_DUE, now, list(jurisdictions))
    return stored_conversation(row, sealer) if row else None


async def add_conversation(db: Connection, new: StoredConversation, sealer: Sealer) -> None:
    """Store a conversation; its question is sent after the commit."""
    report = new.state.report
    await db.execute(
        _ADD,
        new.token,
        new.jurisdiction,
        new.person,
        sealer.seal(new.address, address_place(new.token)),
        new.message_id,
        _dump(new.state, new.token, sealer),
        new.asked_at,
        report.due_at if report else None,
    )


async def save_state(db: Connection, token: str, state: MailConversation, sealer: Sealer) -> None:
    """Save the state of a locked conversation; without a report that waits, no question is sent."""
    report = state.report
    await db.execute(_SAVE, token, _dump(state, token, sealer), report.due_at if report else None)


async def asked_since(db: Connection, person: str, since: datetime) -> int:
    """Return how many questions a person was asked since a moment."""
    return int(await db.fetchval(_ASKED_SINCE, person, since))


async def delete_old(db: Connection, before: datetime) -> None:
    """Delete messages and conversations from before a moment, except those that wait."""
    await db.execute(_DELETE_MESSAGES, before)
    await db.execute(_DELETE_CONVERSATIONS, before)


async def erase_mail_drafts(db: Connection, tokens: Collection[str]) -> None:
    """Erase reports by e-mail that wait for an answer, with the address of the person."""
    await db.execute(_ERASE_DRAFTS, sorted(tokens))


def stored_conversation(row: Record, sealer: Sealer) -> StoredConversation:
    """Return a row of ``mail_conversations``; contacts that cannot be read are None."""
    token = row["token"]
    return StoredConversation(
        token,
        row["jurisdiction"],
        row["person"],
        open_if_readable(sealer, row["sealed_address"], address_place(token)),
        row["message_id"],
        _load(row["state"], token, sealer),
        row["asked_at"],
    )


def _load(state: str, token: str, sealer: Sealer) -> MailConversation:
    loaded = _STATE.validate_json(state)
    if loaded.report is None:
        return loaded
    address = open_if_readable(sealer, loaded.report.address, address_place(token))
    name = open_if_readable(sealer, loaded.report.name, name_place(token))
    return replace(loaded, report=replace(loaded.report, address=address, name=name))


def _dump(state: MailConversation, token: str, sealer: Sealer) -> str:
    if state.report:
        address = sealer.seal(state.report.address, address_place(token))
        name = sealer.seal(state.report.name, name_place(token))
        state = replace(state, report=replace(state.report, address=address, name=name))
    return _STATE.dump_json(state).decode()
