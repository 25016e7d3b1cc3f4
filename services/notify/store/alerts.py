"""Alerts by area: who gets an e-mail about new problems, and when the next one is due."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from asyncpg import Record

from services.notify.records import Alert, AlertArea
from services.notify.store.contacts import ensure_keys
from shared.contract.events import new_id
from shared.runtime.postgres import Connection
from shared.runtime.sealing import Sealer, UnreadableError

log = structlog.get_logger()

# How often and for how many areas one address may be asked to confirm, whoever names it.
_ASKED_AGAIN_AFTER = timedelta(hours=8)
_MOST_UNCONFIRMED = 3
_CONFIRMED_WITHIN = timedelta(days=7)

_COUNT = "SELECT count(*) FROM area_alerts WHERE person = $1 AND told_until IS NULL"
_ADD = """
    INSERT INTO area_alerts AS known (alert_id, person, sealed_mailbox, jurisdiction, service_code,
                                      district, language, asked_at, due_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    ON CONFLICT (person, jurisdiction, service_code, district) DO UPDATE
       SET asked_at = excluded.asked_at, due_at = excluded.asked_at, language = excluded.language
     WHERE known.told_until IS NULL AND known.asked_at < $9
"""
_COLUMNS = "alert_id::text, jurisdiction, service_code, district, language, told_until"
_FIND = f"SELECT {_COLUMNS} FROM area_alerts WHERE alert_id = $1"  # noqa: S608 - constants only
_CONFIRM = """
    UPDATE area_alerts SET told_until = $2, due_at = $3 WHERE alert_id = $1 AND told_until IS NULL
"""
_DUE = f"""
    SELECT {_COLUMNS}, due_at, sealed_mailbox, person, wrapped
      FROM area_alerts JOIN contact_keys USING (person)
     WHERE due_at <= $1
     ORDER BY due_at, alert_id
     LIMIT 100
"""  # noqa: S608 - constants only
_MOVE = "UPDATE area_alerts SET due_at = $3 WHERE alert_id = $1 AND due_at = $2 RETURNING true"
_TELL = "UPDATE area_alerts SET told_until = $2 WHERE alert_id = $1"
_OVER = """
    SELECT alert_id::text FROM area_alerts
     WHERE told_until IS NULL AND asked_at < $1
        OR EXISTS (SELECT FROM consents
                    WHERE contact = person AND channel = 'email' AND opted_out
                      AND reason IN ('bounced', 'complained'))
"""
# The key is locked first, as by an erasure, which destroys it and deletes the alerts.
_LOCK = """
    SELECT person FROM contact_keys
     WHERE person IN (SELECT person FROM area_alerts WHERE alert_id = ANY($1::uuid[]))
     ORDER BY person
       FOR UPDATE
"""
_END = "DELETE FROM area_alerts WHERE alert_id = ANY($1::uuid[])"
_DESTROY = """
    DELETE FROM contact_keys AS known
     WHERE person = ANY($1::text[])
       AND NOT EXISTS (SELECT FROM requests WHERE requests.person = known.person)
       AND NOT EXISTS (SELECT FROM area_alerts WHERE area_alerts.person = known.person)
"""


class DueAlert(NamedTuple):
    """An alert with an e-mail that is due."""

    alert: Alert
    due_at: datetime
    mailbox: str


async def add_alert(  # noqa: PLR0913, PLR0917 - what an alert is made of
    db: Connection,
    person: str,
    mailbox: str,
    area: AlertArea,
    language: str,
    sealer: Sealer,
    now: datetime,
) -> None:
    """Add an alert, whose first e-mail asks to confirm it; asked too often, it changes nothing."""
    keys = await ensure_keys(db, [person], sealer)
    if await db.fetchval(_COUNT, person) >= _MOST_UNCONFIRMED:
        return
    alert_id = new_id()
    sealed = keys[person].seal(mailbox, alert_id)
    before = now - _ASKED_AGAIN_AFTER
    await db.execute(_ADD, alert_id, person, sealed, *area, language, now, before)


async def find_alert(db: Connection, alert_id: str) -> Alert | None:
    """Return an alert; None once it has ended."""
    row = await db.fetchrow(_FIND, alert_id)
    return _alert(row) if row else None


async def confirm_alert(db: Connection, alert_id: str, now: datetime, due_at: datetime) -> None:
    """Tell from now on what is new, first at ``due_at``; idempotent."""
    await db.execute(_CONFIRM, alert_id, now, due_at)


async def due_alerts(db: Connection, sealer: Sealer, now: datetime) -> Sequence[DueAlert]:
    """Return the alerts with an e-mail that is due, the longest first, 100 at most."""
    found = []
    for row in await db.fetch(_DUE, now):
        alert = _alert(row)
        try:
            key = sealer.unwrapped(row["wrapped"], row["person"])
            mailbox = key.open(row["sealed_mailbox"], alert.alert_id)
        except UnreadableError as error:
            log.error("alert_unreadable", alert=alert.alert_id, reason=str(error))  # noqa: TRY400 - a traceback says no more
            continue
        found.append(DueAlert(alert, row["due_at"], mailbox or ""))
    return found


async def move_alert(db: Connection, due: DueAlert, due_at: datetime) -> bool:
    """Set the next e-mail; return False where another worker did so first."""
    return bool(await db.fetchval(_MOVE, due.alert.alert_id, due.due_at, due_at))


async def tell_alert(db: Connection, alert_id: str, until: datetime) -> None:
    """Save that a person knows of what was reported until then."""
    await db.execute(_TELL, alert_id, until)


async def end_alerts(db: Connection, alert_ids: Collection[str]) -> None:
    """End alerts, and destroy the keys of people of whom nothing else is kept."""
    people = [row["person"] for row in await db.fetch(_LOCK, alert_ids)]
    await db.execute(_END, alert_ids)
    await db.execute(_DESTROY, people)


def _alert(row: Record) -> Alert:
    area = AlertArea(row["jurisdiction"], row["service_code"], row["district"])
    return Alert(row["alert_id"], area, row["language"], row["told_until"])


async def end_unwanted(db: Connection, now: datetime) -> None:
    """End alerts that were not confirmed in a week, or whose address refused our e-mail."""
    rows = await db.fetch(_OVER, now - _CONFIRMED_WITHIN)
    if rows:
        await end_alerts(db, [row["alert_id"] for row in rows])
