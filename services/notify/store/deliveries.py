"""Deliveries: rows, settling after the attempt by reports or operators, and lists for operators."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from services.notify.records import NEWEST, ListedMessage, MessageData, MessageState
from services.notify.rules import model
from services.notify.rules.languages import LanguageRules
from services.notify.rules.updates import RETURNED_WITHIN, ReturnedMail, suppression_of
from services.notify.store.resident_links import Suppressed, suppress_addresses
from shared.runtime.postgres import Connection, columns, row_count

# What `stored_delivery` needs of `deliveries AS d` joined with `triggers AS t`.
DELIVERY_COLUMNS = """
    d.notification_id, d.person, d.request_id, d.language, d.channel, d.day,
    t.subject_id, t.version, t.template, t.priority, t.only_for, t.cause_id, t.traceparent,
    t.bureau, t.note, t.reason, t.scheduled_for, t.request_count, t.first_reported_at,
    t.has_picture, t.municipality
"""


def trigger_of(row: Record) -> model.Trigger:
    """Return the trigger in a row with the columns of ``triggers``."""
    return model.Trigger(
        subject_id=str(row["subject_id"]),
        version=row["version"],
        template=row["template"],
        priority=row["priority"],
        cause=model.CausingEvent(row["cause_id"], row["traceparent"]),
        facts=model.CaseFacts(*(row[name] for name in model.CaseFacts._fields)),
        only_for=str(row["only_for"]) if row["only_for"] else None,
    )


def stored_delivery(row: Record) -> model.StoredDelivery:
    """Return the delivery in a row with ``DELIVERY_COLUMNS``."""
    delivery = model.Delivery(
        person=row["person"],
        request_id=str(row["request_id"]),
        language=row["language"],
        channel=row["channel"],
        trigger=trigger_of(row),
        day=row["day"],
    )
    return model.StoredDelivery(str(row["notification_id"]), delivery)


_SETTLE_SQL = f"""
    WITH d AS (
        UPDATE deliveries SET state = $3, reason = $4
         WHERE (notification_id = ANY($1::uuid[]) OR channel = 'sms' AND provider_id = $5)
           AND state = ANY($2::text[])
        RETURNING *
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN triggers AS t USING (subject_id, version)
"""  # noqa: S608 - constants only
_UNKNOWN_SQL = """
    SELECT notification_id::text, channel, template, reason, due_at, request_id::text,
           tracking_number
      FROM deliveries JOIN requests USING (request_id)
     WHERE state = 'unknown'
     ORDER BY due_at
"""
_SUPPRESSED_SQL = """
    SELECT reason, channel, count(*) AS messages, count(DISTINCT person) AS people,
           max(due_at) AS newest
      FROM deliveries
     WHERE state = 'suppressed' AND due_at >= $1
     GROUP BY reason, channel
     ORDER BY messages DESC, reason, channel
"""


async def settle(  # noqa: PLR0913 - what a statement is about
    db: Connection,
    notification_ids: Collection[str],
    *,
    states: Collection[str],
    state: str,
    reason: str | None = None,
    provider_id: str | None = None,
) -> Sequence[model.StoredDelivery]:
    """Change deliveries from some states to another, in a transaction; return those that changed.

    A provider's id selects a text message as well.
    """
    rows = await db.fetch(
        _SETTLE_SQL, list(notification_ids), list(states), state, reason, provider_id
    )
    return [stored_delivery(row) for row in rows]


async def list_unknown(db: Connection) -> Sequence[dict[str, Any]]:
    """Return the messages that may or may not have been sent, the oldest first."""
    return [dict(row) for row in await db.fetch(_UNKNOWN_SQL)]


async def count_suppressed(db: Connection, since: datetime) -> Sequence[dict[str, Any]]:
    """Count the messages that were due from a moment on and are not sent, by reason."""
    return [dict(row) for row in await db.fetch(_SUPPRESSED_SQL, since)]


# A report may come before the outcome of the attempt is saved. Forged ones name no e-mail of ours.
_SENT_SQL = """
    SELECT notification_id, person
      FROM unnest($1::uuid[], $2::timestamptz[]) AS given (notification_id, at)
      JOIN deliveries USING (notification_id)
     WHERE channel = 'email' AND state IN ('sending', 'sent', 'unknown', 'failed')
       AND due_at > given.at - $3::interval
"""
_FAIL_SQL = f"""
    WITH d AS (
        UPDATE deliveries SET state = 'failed', reason = kind
          FROM unnest($1::uuid[], $2::text[]) AS given (id, kind)
         WHERE notification_id = given.id AND state IN ('sent', 'unknown')
        RETURNING deliveries.*
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN triggers AS t USING (subject_id, version)
"""  # noqa: S608 - constants only
_PASSING_SQL = """
    SELECT person, count(*) AS passing FROM deliveries
     WHERE person = ANY($1::text[]) AND day > $2::date AND channel = 'email'
       AND state = 'failed' AND reason = 'bounced_for_now'
     GROUP BY person
"""


async def record_returns(
    db: Connection, returned: Sequence[ReturnedMail]
) -> Sequence[model.StoredDelivery]:
    """Apply reports of other mail servers and return the newly bounced e-mails. Idempotent."""
    given = [(one.notification_id, one.at) for one in returned]
    rows = await db.fetch(_SENT_SQL, *columns(given), RETURNED_WITHIN)
    people = {str(row["notification_id"]): str(row["person"]) for row in rows}
    known = [one for one in returned if one.notification_id in people]
    if not known:
        return []
    bounced = [(o.notification_id, o.kind) for o in known if o.kind != "complained"]
    failed = await db.fetch(_FAIL_SQL, *columns(bounced)) if bounced else []
    await suppress_addresses(db, await _suppressed(db, known, people))
    return [stored_delivery(row) for row in failed]


async def _suppressed(
    db: Connection, returned: Sequence[ReturnedMail], people: Mapping[str, str]
) -> list[Suppressed]:
    since = max(one.at for one in returned) - RETURNED_WITHIN
    rows: Sequence[Record] = await db.fetch(
        _PASSING_SQL, sorted(set(people.values())), since.date()
    )
    passing = {row["person"]: row["passing"] for row in rows}
    found = []
    for one in returned:
        person = people[one.notification_id]
        if reason := suppression_of(one, passing.get(person, 0)):
            found.append(Suppressed(person, reason, one.at))
    return found


_HELD_SQL = """
    SELECT r.flood_key AS contact, count(DISTINCT r.request_id) AS requests, count(*) AS messages,
           min(d.due_at) AS oldest, max(d.due_at) AS newest
      FROM deliveries AS d JOIN requests AS r USING (request_id)
     WHERE d.state = 'held'
     GROUP BY r.flood_key
     ORDER BY messages DESC, contact
"""
_OF_CONTACT = "request_id IN (SELECT request_id FROM requests WHERE flood_key = $1)"
_RELEASE_SQL = f"""
    UPDATE deliveries SET state = 'pending', reason = NULL, not_before = $2
     WHERE state = 'held' AND {_OF_CONTACT}
"""  # noqa: S608 - constants only
_DROP_SQL = f"""
    UPDATE deliveries SET state = 'suppressed' WHERE state = 'held' AND {_OF_CONTACT}
"""  # noqa: S608 - constants only
_LET_THROUGH_SQL = "UPDATE requests SET flooded = false WHERE flood_key = $1 AND flooded"


async def list_held(db: Connection) -> Sequence[dict[str, Any]]:
    """Return the held messages by contact, a keyed hash, the most messages first."""
    return [dict(row) for row in await db.fetch(_HELD_SQL)]


async def release_held(db: Connection, contact: str, now: datetime) -> int:
    """Release the held messages to a contact and later ones about the same requests; count them."""
    await db.execute(_LET_THROUGH_SQL, contact)
    return row_count(await db.execute(_RELEASE_SQL, contact, now))


async def drop_held(db: Connection, contact: str) -> int:
    """Suppress the held messages to a contact and return their number."""
    return row_count(await db.execute(_DROP_SQL, contact))


_LATEST = """
    SELECT d.notification_id::text, d.due_at, r.tracking_number, d.template, d.channel, d.language,
           d.state, d.reason, d.provider_id, d.person AS contact
      FROM deliveries AS d JOIN requests AS r USING (request_id)
"""
_LATEST_SQL = f"{_LATEST} ORDER BY d.notification_id DESC LIMIT $1"
_OF_CASE_SQL = f"""
    {_LATEST}
     WHERE d.subject_id = $2
       AND request_id IN (SELECT request_id FROM memberships WHERE subject_id = $2)
       AND d.notification_id < $3
     ORDER BY d.notification_id DESC
     LIMIT $1
"""  # noqa: S608 - constants only
_IN_STATE_SQL = f"""
    {_LATEST}
     WHERE d.state = $1 AND d.state IN ('held', 'unknown', 'failed', 'suppressed')
       AND d.notification_id < $2
     ORDER BY d.notification_id DESC
     LIMIT $3
"""


async def latest_messages(
    db: Connection, limit: int, case_id: str | None = None
) -> Sequence[dict[str, Any]]:
    """Return the latest messages, about one case or any, the newest first."""
    if case_id is None:
        rows = await db.fetch(_LATEST_SQL, limit)
    else:
        rows = await db.fetch(_OF_CASE_SQL, limit, case_id, NEWEST)
    return [dict(row) for row in rows]


async def messages_of_case(
    db: Connection, case_id: UUID, before: UUID, limit: int
) -> Sequence[ListedMessage]:
    """Return the messages about a case with an id below ``before``, the newest first."""
    rows = await db.fetch(_OF_CASE_SQL, limit, case_id, before)
    return [ListedMessage.model_validate(dict(row)) for row in rows]


async def messages_in_state(
    db: Connection, state: MessageState, before: UUID, limit: int
) -> Sequence[ListedMessage]:
    """Return the messages in a state with an id below ``before``, the newest first."""
    rows = await db.fetch(_IN_STATE_SQL, state, before, limit)
    return [ListedMessage.model_validate(dict(row)) for row in rows]


_REQUEST_SQL = """
    SELECT request_id::text, tracking_number, jurisdiction, service_code, language, address,
           emergency, words, submitted_at
      FROM memberships JOIN requests USING (request_id)
     WHERE subject_id = $1 AND since IS NOT NULL AND tracking_number IS NOT NULL
     ORDER BY since, request_id
     LIMIT 1
"""
_FACTS_SQL = """
    SELECT bureau, note, reason, scheduled_for, request_count, first_reported_at, has_picture
      FROM triggers
     WHERE subject_id = $1
     ORDER BY template = $2 DESC, version DESC
     LIMIT 1
"""
_NO_MESSAGE = "00000000-0000-0000-0000-000000000000"


async def find_message(
    db: Connection, case_id: str, template: model.TemplateName, language: str, rules: LanguageRules
) -> MessageData | None:
    """Return the data of a message to the first reporter of a case; None without such a reporter.

    The name is left out. The last event that triggered the template gives the details, else the
    last event about the case.
    """
    request = await db.fetchrow(_REQUEST_SQL, case_id)
    facts = await db.fetchrow(_FACTS_SQL, case_id, template)
    if request is None or facts is None:
        return None
    written_in = rules.message_language(template, request["jurisdiction"], [language])
    return MessageData(
        notification_id=_NO_MESSAGE,
        template=template,
        language=written_in.language,
        help_language=written_in.help_language,
        name=None,
        request=model.RequestFacts(**dict(request), agency=None),
        case=model.CaseFacts(**dict(facts)),
    )
