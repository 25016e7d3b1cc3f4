"""Removal of the findings in one transaction, and of work in progress."""

import asyncio
from collections.abc import Collection

from cli.erase.search import Findings
from services.intake.store.erasure import (
    erase_bodies,
    erase_contacts,
    erase_drafts,
    erase_mail_drafts,
    erase_texts,
    mark_erased,
)
from services.notify.handlers import erase
from services.notify.store.notifications import PostgresNotificationStore
from shared.runtime.clock import utc_now
from shared.runtime.outbox.housekeeping import remove_records
from shared.runtime.outbox.outbox import enqueue, wake_relays
from shared.runtime.postgres import Connection

_ADD_ERASED = (
    "INSERT INTO erased_records (content) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING"
)
_DELETE_DEFERRED = """
    DELETE FROM deferred WHERE topic = 'intake-contacts' AND key = ANY($1::bytea[])
"""
_UNDER_WAY = """
    SELECT (SELECT count(*) FROM notify.deliveries
             WHERE request_id = ANY($1::uuid[]) AND state = 'sending' AND lease_until > now())
         + (SELECT count(*) FROM intake.outbox_backlog
             WHERE topic = 'intake-contacts' AND key = ANY($2::bytea[]))
         + (SELECT count(DISTINCT media_id)
              FROM intake.request_media JOIN intake.media USING (media_id)
             WHERE request_id = ANY($1::uuid[]) AND erased_at IS NOT NULL AND NOT deleted)
"""
_WITHIN_S = 30.0  # the longest hand-over of a message, by default
_POLL_S = 0.1


async def remove(db: Connection, found: Findings) -> None:
    """Erase the findings, in one transaction."""
    ids = found.request_ids
    async with db.transaction():
        await db.execute("SET LOCAL search_path = intake")
        await erase_contacts(db, ids)
        await erase_texts(db, ids)
        await erase_bodies(db, found.submissions)
        await erase_drafts(db, found.drafts)
        await erase_mail_drafts(db, found.mail_drafts)
        await db.execute(_ADD_ERASED, sorted(found.dead_letters))
        await wake_relays(db)
        for service, copies in found.outbox.items():
            await db.execute(f"SET LOCAL search_path = {service}")
            await remove_records(db, copies)
        await _erase_in_notify(db, ids)


async def repeat(db: Connection, request_ids: Collection[str]) -> None:
    """Erase contacts that have a tombstone already, such as after a restore."""
    async with db.transaction():
        await db.execute("SET LOCAL search_path = intake")
        await mark_erased(db, request_ids)
        await erase_texts(db, request_ids)
        await _erase_in_notify(db, request_ids)


async def wait_for_work_under_way(db: Connection, request_ids: Collection[str]) -> int:
    """Wait up to 30 s for messages, tombstones and pictures in progress; return the rest."""
    clock = asyncio.get_running_loop().time
    until = clock() + _WITHIN_S
    ids = sorted(request_ids)
    keys = [one.encode() for one in ids]
    while left := await db.fetchval(_UNDER_WAY, ids, keys):
        if clock() >= until:
            return int(left)
        await asyncio.sleep(_POLL_S)
    return 0


async def _erase_in_notify(db: Connection, request_ids: Collection[str]) -> None:
    await db.execute("SET LOCAL search_path = notify")
    events = await erase(request_ids, PostgresNotificationStore(db), utc_now())
    await db.execute(_DELETE_DEFERRED, [one.encode() for one in request_ids])
    await enqueue(db, events)
    await wake_relays(db)
