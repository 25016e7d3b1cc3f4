"""Rows of notify's tables as values of its rules."""

from asyncpg import Record

from services.notify.rules.model import (
    CaseFacts,
    CausingEvent,
    Delivery,
    Follower,
    Recipient,
    StoredDelivery,
    Trigger,
)
from shared.vocabulary import StatusChannel

DELIVERY_COLUMNS = """
    d.notification_id, d.person, d.request_id, d.language, d.channel, d.day,
    a.about, a.version, a.template, a.priority, a.only_for, a.cause_id, a.traceparent,
    a.bureau, a.note, a.reason, a.scheduled_for, a.request_count, a.first_reported_at,
    a.has_picture, a.municipality
"""
"""What ``stored_delivery`` needs of ``deliveries AS d`` joined with ``announcements AS a``."""


def trigger_of(row: Record) -> Trigger:
    """Return the trigger in a row with the columns of ``announcements``."""
    return Trigger(
        subject_id=str(row["about"]),
        version=row["version"],
        template=row["template"],
        priority=row["priority"],
        cause=CausingEvent(row["cause_id"], row["traceparent"]),
        facts=CaseFacts(*(row[name] for name in CaseFacts._fields)),
        only_for=str(row["only_for"]) if row["only_for"] else None,
    )


def stored_delivery(row: Record) -> StoredDelivery:
    """Return the delivery in a row with ``DELIVERY_COLUMNS``."""
    delivery = Delivery(
        person=row["person"],
        request_id=str(row["request_id"]),
        language=row["language"],
        channel=row["channel"],
        trigger=trigger_of(row),
        day=row["day"],
    )
    return StoredDelivery(str(row["notification_id"]), delivery)


def follower_of(row: Record) -> Follower:
    """Return the follower in a row of ``requests`` joined with ``memberships``."""
    wants: dict[StatusChannel, bool] = {"email": row["wants_email"], "sms": row["wants_sms"]}
    has: dict[StatusChannel, bool] = {"email": row["has_email"], "sms": row["has_phone"]}
    contacts: dict[StatusChannel, str | None] = {"email": row["flood_key"], "sms": row["phone_ref"]}
    return Follower(
        request_id=str(row["request_id"]),
        subject_id=str(row["about"]),
        since=row["since"],
        jurisdiction=row["jurisdiction"],
        until=row["until"],
        recipient=Recipient(
            person=row["person"],
            wants=frozenset(channel for channel, wanted in wants.items() if wanted),
            has=frozenset(channel for channel, usable in has.items() if usable),
            languages=tuple(filter(None, (row["contact_language"], row["language"]))),
            contacts={channel: contact for channel, contact in contacts.items() if contact},
        ),
        is_flooded=row["flooded"],
    )
