"""``route311 erase``: erase contact data and original texts of a person."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import audit
from cli.connection import (
    DEFAULT_DATA,
    DataOption,
    DryOption,
    JsonOption,
    find_admin_dsn,
    find_contact_secrets,
    find_kafka,
)
from cli.erase.person import by_email, by_phone
from cli.erase.search import ErasureSubject, Findings, SealedSearch, Search
from cli.interrupts import run
from cli.terminal import print_found, printable
from services.intake.channels.mail.store import erase_mail_drafts
from services.intake.channels.pages.store import erase_page_drafts
from services.intake.channels.sms.store import erase_drafts
from services.intake.store import erasure
from services.notify.handlers import erase as erase_in_notify
from services.notify.store.alerts import end_alerts
from services.notify.store.notifications import PostgresNotificationStore
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from shared.runtime.outbox.housekeeping import remove_records
from shared.runtime.outbox.outbox import enqueue, wake_relays
from shared.runtime.postgres import Connection, open_database
from shared.runtime.recovery.tombstones import contact_ranges, erased_requests

RequestOption = Annotated[
    str, typer.Option("--request", help="Erase the contact of this request only, by number or id.")
]
EmailOption = Annotated[
    str, typer.Option("--email", help="Erase everything of this e-mail address.")
]
PhoneOption = Annotated[
    str, typer.Option("--phone", help="Erase everything of this telephone number.")
]
RestoredOption = Annotated[
    bool,
    typer.Option(
        "--restored", help="After a restore: erase again what has a tombstone on intake-contacts."
    ),
]

_REPEAT_AT_ONCE = 500
_OTHER_REPLAYERS = ("triage", "dispatch", "notify")
_LABELS = {
    "contacts": "contacts",
    "messages": "messages not sent yet",
    "media": "pictures",
    "drafts": "unfinished reports by text message, e-mail or page",
    "alerts": "e-mails about new problems",
    "submissions": "rejected submissions",
    "dead_letters": "dead letters",
    "outbox": "copies of dead letters in outboxes",
}


def erase(
    request: RequestOption = "",
    email: EmailOption = "",
    phone: PhoneOption = "",
    restored: RestoredOption = False,
    dry_run: DryOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Erase a person's contact data and original texts; cases stay.

    Prints the tracking numbers concerned. Afterwards the output is the same as for a person who
    never wrote.

    Example: `route311 erase --email ana@example.org --dry-run`
    """
    given = [option for option in (request, email, phone) if option]
    if len(given) + restored != 1:
        raise typer.BadParameter("give one of --request, --email, --phone and --restored")
    if restored:
        numbers = run(_repeat(data, dry=dry_run))
        _print({"dry_run": dry_run, "requests": numbers, "removed": {}}, "tombstones", json_output)
        return
    found = run(_erase(data, _subject(request, email, phone), dry=dry_run))
    report = {
        "dry_run": dry_run,
        "subject": given[0],
        "requests": found.tracking_numbers,
        "removed": found.counts(),
    }
    _print(report, printable(given[0]), json_output)


def _subject(request: str, email: str, phone: str) -> ErasureSubject:
    if email:
        return ErasureSubject(by_email(email))
    if phone:
        cities = load_catalogue().jurisdictions.values()
        return ErasureSubject(by_phone(phone, {city.holidays_country for city in cities}))
    return ErasureSubject(request=request)


async def _erase(data: Path, subject: ErasureSubject, *, dry: bool) -> Findings:
    async with open_database(find_admin_dsn(data)) as db:
        sealed = None
        if subject.person:
            sealed = SealedSearch(db, subject.person, find_contact_secrets(data))
        found = await Search(find_kafka(data), db, subject, sealed).run()
        if dry:
            return found
        await remove(db, found)
        audit.record("contact_erased", data, requests=found.tracking_numbers, **found.counts())
        if left := await wait_for_work_under_way(db, found.request_ids):
            what = "messages, tombstones or pictures"
            typer.echo(f"{left} {what} are still being handled: see `route311 status`", err=True)
    return found


async def _repeat(data: Path, *, dry: bool) -> list[str]:
    access = find_kafka(data)
    erased = sorted(await erased_requests(access, await contact_ranges(access)))
    if not dry:
        async with open_database(find_admin_dsn(data)) as db:
            for first in range(0, len(erased), _REPEAT_AT_ONCE):
                await repeat(db, erased[first : first + _REPEAT_AT_ONCE])
            await _share_erased(db)
        audit.record("erasures_repeated", data, count=len(erased))
    return erased


def _print(report: dict[str, Any], subject: str, json_output: bool) -> None:
    verb = "would be erased" if report["dry_run"] else "erased"
    lines = [
        f"{subject}: {len(report['requests']):,} requests {verb}",
        *(f"  {number}" for number in report["requests"]),
        *(f"{_LABELS[name]:<52}{count:,}" for name, count in report["removed"].items()),
    ]
    print_found(report, "\n".join(lines), as_json=json_output)


_ADD_ERASED = (
    "INSERT INTO erased_records (content) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING"
)
# Each service that replays dead letters has the list of intake, whose schema it cannot read.
_SHARE_ERASED = """
    INSERT INTO {}.erased_records SELECT * FROM intake.erased_records ON CONFLICT DO NOTHING
"""
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
        await erasure.erase_contacts(db, ids)
        await erasure.erase_texts(db, ids)
        await erasure.erase_bodies(db, found.submissions)
        await erase_drafts(db, found.drafts)
        await erase_mail_drafts(db, found.mail_drafts)
        await erase_page_drafts(db, found.page_drafts)
        await db.execute(_ADD_ERASED, sorted(found.dead_letters))
        await _share_erased(db)
        await wake_relays(db)
        for service, copies in found.outbox.items():
            await db.execute(f"SET LOCAL search_path = {service}")
            await remove_records(db, copies)
        await _erase_in_notify(db, ids)
        await end_alerts(db, sorted(found.alerts))


async def repeat(db: Connection, request_ids: Collection[str]) -> None:
    """Erase contacts that have a tombstone already, such as after a restore."""
    async with db.transaction():
        await db.execute("SET LOCAL search_path = intake")
        await erasure.mark_erased(db, request_ids)
        await erasure.erase_texts(db, request_ids)
        await _erase_in_notify(db, request_ids)


async def _share_erased(db: Connection) -> None:
    for schema in _OTHER_REPLAYERS:
        await db.execute(_SHARE_ERASED.format(schema))


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
    events = await erase_in_notify(request_ids, PostgresNotificationStore(db), utc_now())
    await db.execute(_DELETE_DEFERRED, [one.encode() for one in request_ids])
    await enqueue(db, events)
    await wake_relays(db)
