"""Rule: recipients of a trigger, their channels and their language."""

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence

from services.notify.rules.model import (
    Delivery,
    Follower,
    Recipient,
    SuppressionReason,
    Trigger,
    TriggerKey,
)
from shared.vocabulary import Language, StatusChannel, supported_language

_DEFAULT_LANGUAGE: Language = "en"
_HASH_DIGITS = 32


def deliveries_due(
    followers: Iterable[Follower],
    triggers: Iterable[Trigger],
    *,
    new_requests: Collection[str],
    new_triggers: Collection[TriggerKey],
) -> list[Delivery]:
    """Return the deliveries that became due with these new requests and triggers.

    A delivery is due once its contact, its decision and its trigger are all known, so every order
    of arrival gives the same deliveries. A person with several requests in a case has the one
    that joined first listed first, and those of a flood last.

    Args:
        followers: Followers with complete data.
        triggers: Triggers of the subjects that they follow.
        new_requests: Requests with new data in this batch.
        new_triggers: Triggers that are new in this batch.
    """
    by_subject = _by_subject(triggers)
    return [
        _delivery(follower, trigger, channel, suppressed)
        for follower in sorted(followers, key=_order)
        for trigger in by_subject.get(follower.subject_id, ())
        if follower.request_id in new_requests or trigger.key in new_triggers
        if is_recipient(follower, trigger)
        for channel, suppressed in channels_for(follower.recipient)
    ]


def _order(follower: Follower) -> tuple[str, bool, int, str]:
    return follower.subject_id, follower.is_flooded, follower.since, follower.request_id


def is_recipient(follower: Follower, trigger: Trigger) -> bool:
    """Return True when this follower is notified of this trigger.

    A trigger for one request goes to its reporter. Any other goes to the followers whose request
    was attached before that version of the case and not yet split off.
    """
    if trigger.subject_id != follower.subject_id:
        return False
    if trigger.only_for is not None:
        return trigger.only_for == follower.request_id
    was_split_off = follower.until is not None and trigger.version >= follower.until
    return trigger.version > follower.since and not was_split_off


def channels_for(recipient: Recipient) -> list[tuple[StatusChannel, SuppressionReason | None]]:
    """Return each channel for a delivery, with the reason that suppresses it, if any.

    SMS is not available yet. A person who wants no messages gets one suppressed e-mail, so that
    the choice is on record.
    """
    if not recipient.wants:
        return [("email", "not_wanted")]
    return [(channel, _suppression(channel, recipient)) for channel in sorted(recipient.wants)]


def person_hash(key: bytes, *, address: str | None, phone: str | None, request_id: str) -> str:
    """Return the keyed hash that stands for a person wherever contact data may not be.

    The e-mail address identifies the person, compared without regard to case; without one the
    phone number does, and without either each request counts as another person.

    Args:
        key: Secret; without it a hash cannot be matched to a guessed address.
        address: As ``normalize_email`` returned it.
        phone: In E.164.
        request_id: The request that the contact belongs to.
    """
    if address:
        identity = f"email:{address.lower()}"
    elif phone:
        identity = f"phone:{phone}"
    else:
        identity = f"request:{request_id}"
    return hmac.digest(key, identity.encode(), "sha256").hex()[:_HASH_DIGITS]


def language_of(tags: Iterable[str]) -> Language:
    """Return the first supported language among these BCP 47 tags; English without one."""
    for tag in tags:
        if language := supported_language(tag):
            return language
    return _DEFAULT_LANGUAGE


def _suppression(channel: StatusChannel, recipient: Recipient) -> SuppressionReason | None:
    if channel not in recipient.has:
        return "no_channel"
    return "channel_not_available" if channel == "sms" else None


def _by_subject(triggers: Iterable[Trigger]) -> Mapping[str, Sequence[Trigger]]:
    found: dict[str, list[Trigger]] = {}
    for trigger in sorted(triggers, key=lambda t: t.key):
        found.setdefault(trigger.subject_id, []).append(trigger)
    return found


def _delivery(
    follower: Follower,
    trigger: Trigger,
    channel: StatusChannel,
    suppressed: SuppressionReason | None,
) -> Delivery:
    recipient = follower.recipient
    if suppressed is None and follower.is_flooded:
        suppressed = "contact_flooded"
    language = language_of(recipient.languages)
    return Delivery(recipient.person, follower.request_id, language, channel, trigger, suppressed)
