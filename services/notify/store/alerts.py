"""Alerts by area: who gets an e-mail about new problems, and when the next one is due."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from asyncpg import Record

from services.notify.records import Alert, AlertArea
from services.notify.store.contacts import destroy_keys, ensure_keys
from shared.contract.events import new_id
from shared.runtime.postgres import Connection
from shared.runtime.sealing import Sealer, UnreadableError
from shared.vocabulary import END_OF_TIME

log = structlog.get_logger()

# How often and for how many areas one inbox may be asked to confirm, whoever names it.
_QUESTIONS = 2
_ASKED_AGAIN_AFTER = timedelta(hours=8)
_MOST_UNCONFIRMED = 3
_CONFIRMED_WITHIN = timedelta(days=7)
_MOST_REFUSALS = 3
AT_ONCE = 100

_COUNT = """
    SELECT count(*) FROM area_alerts
     WHERE inbox = $1 AND told_until IS NULL
       AND (jurisdiction, service_code, district) <> ($2, $3, $4)
"""
_ADD = f"""
    INSERT INTO area_alerts AS known (alert_id, person, inbox, sealed_mailbox, jurisdiction,
                                      service_code, district, language, asked_at, due_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
    ON CONFLICT (person, jurisdiction, service_code, district) DO UPDATE
       SET asked_at = excluded.asked_at, due_at = excluded.asked_at, language = excluded.language,
           questions = known.questions + 1
     WHERE known.told_until IS NULL AND known.questions < {_QUESTIONS} AND known.asked_at < $10
"""  # noqa: S608 - constants only
_COLUMNS = "alert_id::text, jurisdiction, service_code, district, language, told_until"
_FIND = f"SELECT {_COLUMNS} FROM area_alerts WHERE alert_id = $1"  # noqa: S608 - constants only
_CONFIRM = """
    UPDATE area_alerts SET told_until = $2, due_at = $3 WHERE alert_id = $1 AND told_until IS NULL
"""
# Questions first: a person waits for them, and they need no list of problems.
_DUE = f"""
    SELECT {_COLUMNS}, due_at, sealed_mailbox, person, wrapped
      FROM area_alerts JOIN contact_keys USING (person)
     WHERE due_at <= $1
     ORDER BY told_until IS NOT NULL, due_at, alert_id
     LIMIT {AT_ONCE}
"""  # noqa: S608 - constants only
_MOVE = """
    UPDATE area_alerts SET due_at = $3, mail_id = coalesce($4, mail_id)
     WHERE alert_id = $1 AND due_at = $2
    RETURNING true
"""
_TELL = """
    UPDATE area_alerts SET told_until = coalesce($2, told_until), refusals = 0 WHERE alert_id = $1
"""
_REFUSED = """
    UPDATE area_alerts SET refusals = refusals + 1 WHERE alert_id = $1
    RETURNING told_until IS NULL OR refusals >= $2
"""
_RETURNED = "SELECT mail_id::text, person FROM area_alerts WHERE mail_id = ANY($1::uuid[])"
_IS_OVER = """
    (told_until IS NULL AND asked_at < $1
     OR EXISTS (SELECT FROM consents
                 WHERE contact = person AND channel = 'email' AND opted_out
                   AND reason IN ('bounced', 'complained')))
"""
_OVER = f"SELECT alert_id::text FROM area_alerts WHERE {_IS_OVER} LIMIT 500"  # noqa: S608 - constants only
_LOCK = """
    SELECT person FROM contact_keys
     WHERE person IN (SELECT person FROM area_alerts WHERE alert_id = ANY($1::uuid[]))
     ORDER BY person
       FOR UPDATE
"""
_END = "DELETE FROM area_alerts WHERE alert_id = ANY($1::uuid[])"
_END_OVER = f"DELETE FROM area_alerts WHERE {_IS_OVER} AND alert_id = ANY($2::uuid[])"  # noqa: S608 - constants only
# Who said no is not asked again before the question is forgotten.
_DECLINE = f"""
    UPDATE area_alerts SET questions = {_QUESTIONS}, due_at = $2
     WHERE alert_id = $1 AND told_until IS NULL
    RETURNING true
"""  # noqa: S608 - constants only


class DueAlert(NamedTuple):
    """An alert with an e-mail that is due."""

    alert: Alert
    due_at: datetime
    mailbox: str | None  # None for one that cannot be read


class NewAlert(NamedTuple):
    """An alert that a person asks for, with keyed hashes of the person and the inbox."""

    person: str
    inbox: str
    mailbox: str
    area: AlertArea
    language: str


async def add_alert(db: Connection, asked: NewAlert, sealer: Sealer, now: datetime) -> None:
    """Add an alert, whose first e-mail asks to confirm it; asked too often, it changes nothing."""
    keys = await ensure_keys(db, [asked.person], sealer)
    if await db.fetchval(_COUNT, asked.inbox, *asked.area) < _MOST_UNCONFIRMED:
        alert_id = new_id()
        sealed = keys[asked.person].seal(asked.mailbox, alert_id)
        ids = (alert_id, asked.person, asked.inbox, sealed)
        await db.execute(_ADD, *ids, *asked.area, asked.language, now, now - _ASKED_AGAIN_AFTER)
    else:
        await destroy_keys(db, [asked.person])


async def find_alert(db: Connection, alert_id: str) -> Alert | None:
    """Return an alert; None once it has ended."""
    row = await db.fetchrow(_FIND, alert_id)
    return _alert(row) if row else None


async def confirm_alert(db: Connection, alert_id: str, now: datetime, due_at: datetime) -> None:
    """Tell from now on what is new, first at ``due_at``; idempotent."""
    await db.execute(_CONFIRM, alert_id, now, due_at)


async def due_alerts(db: Connection, sealer: Sealer, now: datetime) -> Sequence[DueAlert]:
    """Return the alerts with an e-mail that is due: questions first, ``AT_ONCE`` at most."""
    return [
        DueAlert(_alert(row), row["due_at"], _mailbox(row, sealer))
        for row in await db.fetch(_DUE, now)
    ]


async def move_alert(
    db: Connection, due: DueAlert, due_at: datetime, mail_id: str | None = None
) -> bool:
    """Set the next e-mail, and the id of this one; return False where another worker was first."""
    return bool(await db.fetchval(_MOVE, due.alert.alert_id, due.due_at, due_at, mail_id))


async def tell_alert(db: Connection, alert_id: str, until: datetime | None) -> None:
    """Save that an e-mail went out, and until when the person knows of what was reported."""
    await db.execute(_TELL, alert_id, until)


async def refuse_alert(db: Connection, alert_id: str) -> None:
    """Save that a mail server refused an e-mail for good; after the third in a row it ends."""
    if await db.fetchval(_REFUSED, alert_id, _MOST_REFUSALS):
        await end_alert(db, alert_id)


async def returned_alerts(db: Connection, mail_ids: Collection[str]) -> Mapping[str, str]:
    """Return the person of each of these e-mails that was an alert."""
    rows = await db.fetch(_RETURNED, mail_ids)
    return {row["mail_id"]: row["person"] for row in rows}


async def end_alert(db: Connection, alert_id: str) -> None:
    """End an alert; one that was never confirmed is kept, so that its inbox is not asked again."""
    if not await db.fetchval(_DECLINE, alert_id, END_OF_TIME):
        await end_alerts(db, [alert_id])


async def end_alerts(db: Connection, alert_ids: Collection[str]) -> None:
    """Delete alerts, and destroy the keys of people of whom nothing else is kept."""
    people = await _lock(db, alert_ids)
    await db.execute(_END, alert_ids)
    await destroy_keys(db, people)


async def end_unwanted(db: Connection, now: datetime) -> None:
    """Delete alerts that were not confirmed in a week, or whose address refused our e-mail."""
    before = now - _CONFIRMED_WITHIN
    if over := [row["alert_id"] for row in await db.fetch(_OVER, before)]:
        people = await _lock(db, over)
        await db.execute(_END_OVER, before, over)
        await destroy_keys(db, people)


async def _lock(db: Connection, alert_ids: Collection[str]) -> Sequence[str]:
    """Lock the keys of the people of alerts, before the alerts, as every transaction does."""
    return [row["person"] for row in await db.fetch(_LOCK, alert_ids)]


def _alert(row: Record) -> Alert:
    area = AlertArea(row["jurisdiction"], row["service_code"], row["district"])
    return Alert(row["alert_id"], area, row["language"], row["told_until"])


def _mailbox(row: Record, sealer: Sealer) -> str | None:
    try:
        key = sealer.unwrapped(row["wrapped"], row["person"])
        return key.open(row["sealed_mailbox"], row["alert_id"])
    except UnreadableError as error:
        log.error("alert_unreadable", alert=row["alert_id"], reason=str(error))  # noqa: TRY400 - a traceback says no more
        return None
