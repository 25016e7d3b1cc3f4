"""Tables behind resident links: leads of cases with their reporters, feedback, and preferences."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from services.notify.records import DisclosedContact, LinkedMessage, UpdatesChoice
from services.notify.rules.model import ASKS_IF_FIXED
from services.notify.rules.recipients import CaseLead, ContactConsent
from services.notify.store.contacts import JOIN_KEY, SEALED_COLUMNS, StoredContact, open_if_readable
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer

# Sorted, so that no two transactions deadlock.
_SAVE_LEADS_SQL = """
    INSERT INTO leads AS known (case_id, version, jurisdiction, bureau, work_order_id)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[])
           AS new (case_id, version, jurisdiction, bureau, work_order_id)
     ORDER BY case_id
    ON CONFLICT (case_id) DO UPDATE
       SET version = excluded.version, jurisdiction = excluded.jurisdiction,
           bureau = excluded.bureau, work_order_id = excluded.work_order_id
     WHERE known.version < excluded.version
"""
_FIND_LEAD_SQL = """
    SELECT case_id::text, version, jurisdiction, bureau, work_order_id
      FROM leads WHERE work_order_id = $1
"""
# Of several requests of one person the one with a phone number, then the first.
_REPORTERS_SQL = f"""
    SELECT *
      FROM (SELECT DISTINCT ON (r.person)
                   r.tracking_number, coalesce(r.contact_language, r.language) AS language, m.since,
                   {SEALED_COLUMNS}
              FROM memberships AS m JOIN requests AS r USING (request_id) {JOIN_KEY}
             WHERE m.subject_id = $1 AND m.since IS NOT NULL AND m.until IS NULL
               AND r.person IS NOT NULL AND r.tracking_number IS NOT NULL
             ORDER BY r.person, r.sealed_phone IS NULL, m.since, r.request_id) AS reporters
     ORDER BY since, sealed_for
"""  # noqa: S608 - constants only


async def save_leads(db: Connection, leads: Iterable[CaseLead]) -> None:
    """Save who leads cases, unless a later version of the case is saved."""
    rows = [
        (lead.case_id, lead.version, lead.jurisdiction, lead.bureau, lead.work_order_id)
        for lead in leads
    ]
    await db.execute(_SAVE_LEADS_SQL, *columns(rows))


async def find_lead(db: Connection, work_order_id: str) -> CaseLead | None:
    """Return the lead with this work order; None where it leads no case, or not any more."""
    row = await db.fetchrow(_FIND_LEAD_SQL, work_order_id)
    return CaseLead(**dict(row)) if row else None


async def case_reporters(
    db: Connection, case_id: str, sealer: Sealer
) -> Sequence[DisclosedContact]:
    """Return the reporters of a case with a contact, each once, in the order of their joining.

    A contact that cannot be read has neither name nor channel.
    """
    rows = await db.fetch(_REPORTERS_SQL, case_id)
    return [
        DisclosedContact(
            request_id=str(row["sealed_for"]),
            tracking_number=row["tracking_number"],
            name=contact.name,
            email=contact.mailbox,
            phone=contact.phone,
            language=row["language"],
        )
        for row in rows
        for contact in [open_if_readable(row, sealer)]
    ]


_FIND_QUESTION_SQL = f"""
    SELECT d.notification_id::text, d.person, r.jurisdiction, r.tracking_number, r.service_code,
           d.language, d.due_at, d.subject_id::text, d.request_id::text, {SEALED_COLUMNS}
      FROM deliveries AS d JOIN requests AS r USING (request_id) {JOIN_KEY}
     WHERE d.notification_id = $1 AND d.template = ANY($2::text[])
"""  # noqa: S608 - constants only
# Times that a person may change their answer by one link; each answer is a note on the case.
MAX_ANSWERS = 10
_SAVE_ANSWER_SQL = """
    INSERT INTO feedback (notification_id, digest, answered_at) VALUES ($1, $2, $3)
    ON CONFLICT (notification_id) DO UPDATE
       SET digest = excluded.digest, answered_at = excluded.answered_at,
           answers = feedback.answers + 1
     WHERE feedback.digest <> excluded.digest AND feedback.answers < $4
    RETURNING true
"""
_IS_ANSWER_SAVED_SQL = "SELECT digest = $2 FROM feedback WHERE notification_id = $1"


class FixedQuestion(NamedTuple):
    """A message that asked whether a problem is fixed."""

    message: LinkedMessage
    case_id: str
    request_id: str  # the request of the recipient
    contact: StoredContact  # the recipient's contact; empty when it is erased or cannot be read


async def find_question(
    db: Connection, notification_id: str, sealer: Sealer
) -> FixedQuestion | None:
    """Return the question of a message; None for a message without one."""
    row = await db.fetchrow(_FIND_QUESTION_SQL, notification_id, sorted(ASKS_IF_FIXED))
    if row is None:
        return None
    message = LinkedMessage(*row[:7])
    contact = open_if_readable(row, sealer)
    return FixedQuestion(message, row["subject_id"], row["request_id"], contact)


async def save_answer(
    db: Connection, notification_id: str, digest: bytes, now: datetime
) -> Literal["new", "repeated", "refused"]:
    """Save the answer to a message inside a transaction; beyond ``MAX_ANSWERS`` it is refused."""
    if await db.fetchval(_SAVE_ANSWER_SQL, notification_id, digest, now, MAX_ANSWERS):
        return "new"
    return (
        "repeated"
        if await db.fetchval(_IS_ANSWER_SAVED_SQL, notification_id, digest)
        else "refused"
    )


_FIND_PREFERENCES_SQL = """
    SELECT d.notification_id::text, d.person, r.jurisdiction, r.tracking_number, r.service_code,
           coalesce(p.language, d.language), d.due_at,
           CASE WHEN c.opted_out THEN 'none' ELSE coalesce(p.updates, 'all') END
      FROM deliveries AS d
      JOIN requests AS r USING (request_id)
      LEFT JOIN preferences AS p ON p.person = d.person
      LEFT JOIN consents AS c ON c.contact = d.person AND c.channel = 'email'
     WHERE d.notification_id = $1 AND d.channel = 'email'
"""
# An erased person has no key any more. The lock excludes a concurrent erasure.
_SAVE_PREFERENCES_SQL = """
    WITH alive AS (SELECT person FROM contact_keys WHERE person = $1 FOR SHARE)
    INSERT INTO preferences AS known (person, updates, language)
    SELECT person, $2, $3 FROM alive
    ON CONFLICT (person) DO UPDATE SET updates = excluded.updates, language = excluded.language
    RETURNING true
"""
_RESUME_SQL = """
    UPDATE consents SET opted_out = false, reason = NULL, at = $2
     WHERE contact = $1 AND channel = 'email' AND opted_out AND at <= $2
"""


async def find_preferences(db: Connection, notification_id: str) -> LinkedMessage | None:
    """Return an e-mail with its recipient's preferences; None for an unknown e-mail."""
    row = await db.fetchrow(_FIND_PREFERENCES_SQL, notification_id)
    return LinkedMessage(*row) if row else None


async def unsubscribe(db: Connection, person: str, now: datetime) -> None:
    """Suppress e-mail about reports to a person, in a transaction."""
    await suppress_addresses(db, [Suppressed(person, "unsubscribed", now)])


async def save_preferences(
    db: Connection, person: str, updates: UpdatesChoice, language: str, now: datetime
) -> None:
    """Save preferences; for an erased person only an opt-out. Any but ``none`` resumes e-mail."""
    kept = "all" if updates == "none" else updates
    is_known = await db.fetchval(_SAVE_PREFERENCES_SQL, person, kept, language)
    if updates == "none":
        await unsubscribe(db, person, now)
    elif is_known:
        await db.execute(_RESUME_SQL, person, now)


_SAVE_CONSENTS_SQL = """
    INSERT INTO consents AS known (contact, channel, opted_out, at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[])
     ORDER BY 1, 2
    ON CONFLICT (contact, channel) DO UPDATE
       SET opted_out = excluded.opted_out, at = excluded.at
     WHERE known.at <= excluded.at
"""
_OPT_OUT_SQL = """
    INSERT INTO consents AS known (contact, channel, opted_out, at)
    SELECT phone_ref, 'sms', true, $2::timestamptz
      FROM deliveries JOIN requests USING (request_id)
     WHERE notification_id = $1 AND phone_ref IS NOT NULL
    ON CONFLICT (contact, channel) DO UPDATE SET opted_out = true, at = excluded.at
     WHERE known.at <= excluded.at
"""
_SUPPRESS_SQL = """
    INSERT INTO consents AS known (contact, channel, opted_out, reason, at)
    SELECT DISTINCT ON (contact) contact, 'email', true, reason, at
      FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS new (contact, reason, at)
     ORDER BY contact, at DESC
    ON CONFLICT (contact, channel) DO UPDATE
       SET opted_out = true, reason = excluded.reason, at = excluded.at
     WHERE known.at <= excluded.at
"""


class Suppressed(NamedTuple):
    """An address that gets no more e-mail, by keyed hash, since ``at``."""

    contact: str
    reason: Literal["unsubscribed", "bounced", "complained"]
    at: datetime


async def save_consents(db: Connection, consents: Collection[ContactConsent]) -> None:
    """Save consents; of two about one contact and channel the one given last stays."""
    rows = [(one.contact, one.channel, one.opted_out, one.at) for one in consents]
    await db.execute(_SAVE_CONSENTS_SQL, *columns(rows))


async def opt_out(db: Connection, notification_id: str, now: datetime) -> None:
    """Save that the recipient of a text message opted out at the provider, in a transaction."""
    await db.execute(_OPT_OUT_SQL, notification_id, now)


async def suppress_addresses(db: Connection, suppressed: Iterable[Suppressed]) -> None:
    """Save that addresses get no more e-mail; of two reasons for one the later stays."""
    if rows := list(suppressed):
        await db.execute(_SUPPRESS_SQL, *columns(rows))
