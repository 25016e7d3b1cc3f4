"""Rule: recipients of a trigger, their channels and their language."""

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notify.rules import model
from services.notify.rules.daily_limit import SendingRules, quiet_until
from shared.vocabulary import StatusChannel


@dataclass(frozen=True, slots=True)
class ContactConsent:
    """The latest consent of a person, by keyed hash of number or address, to a channel."""

    contact: str
    channel: StatusChannel
    opted_out: bool
    at: datetime


# Templates about steps that need nothing of the person and end nothing.
ON_THE_WAY: tuple[str, ...] = ("acknowledged", "scheduled", "in_progress", "transferred")


_HASH_DIGITS = 32
# Priority of messages that quiet hours do not hold back: followers of such a case reported it.
_NEVER_WAITS = "P1"


def deliveries_due(  # noqa: PLR0913 - all that it depends on
    followers: Iterable[model.Follower],
    triggers: Iterable[model.Trigger],
    *,
    new_requests: Collection[str],
    new_triggers: Collection[model.TriggerKey],
    rules: SendingRules,
    now: datetime,
) -> list[model.Delivery]:
    """Return the deliveries that became due with these new requests and triggers.

    A delivery is due once its contact, its decision and its trigger are all known, so every order
    of arrival gives the same deliveries. Who gave an address after the report gets of what was
    before only what is about the request alone. Who has the tracking number by a channel gets no
    receipt there. A person with several requests in a case has the one that joined first listed
    first, and those of a flood last.
    """
    by_subject = _by_subject(triggers)
    return [
        _delivery(follower, trigger, channel, suppressed, rules, now)
        for follower in sorted(followers, key=_order)
        for trigger in by_subject.get(follower.subject_id, ())
        if trigger.key in new_triggers
        or (follower.request_id in new_requests and (trigger.only_for or not follower.is_late))
        if is_recipient(follower, trigger)
        for channel, suppressed in channels_for(
            follower.recipient, texts=follower.jurisdiction in rules.texting
        )
        if trigger.template != "received" or channel not in follower.recipient.informed
    ]


def _order(follower: model.Follower) -> tuple[str, bool, int, str]:
    return follower.subject_id, follower.is_flooded, follower.since, follower.request_id


def is_recipient(follower: model.Follower, trigger: model.Trigger) -> bool:
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


def channels_for(
    recipient: model.Recipient, *, texts: bool
) -> list[tuple[StatusChannel, model.SuppressionReason | None]]:
    """Return each channel for a delivery, with the reason that suppresses it, if any.

    A person who wants no messages gets one suppressed e-mail, so that the choice is on record.
    """
    if not recipient.wants:
        return [("email", "not_wanted")]
    usable = recipient.has if texts else recipient.has - {"sms"}
    return [
        (channel, None if channel in usable else "no_channel")
        for channel in sorted(recipient.wants)
    ]


def person_hash(key: bytes, *, address: str | None, phone: str | None, request_id: str) -> str:
    """Return the keyed hash that stands for a person outside contact data.

    The normalized e-mail address identifies the person, compared without regard to case; without
    one the phone number (E.164) does, and without either each request counts as another person.
    """
    if address:
        identity = f"email:{address.lower()}"
    elif phone:
        identity = f"phone:{phone}"
    else:
        identity = f"request:{request_id}"
    return hmac.digest(key, identity.encode(), "sha256").hex()[:_HASH_DIGITS]


def _by_subject(triggers: Iterable[model.Trigger]) -> Mapping[str, Sequence[model.Trigger]]:
    found: dict[str, list[model.Trigger]] = {}
    for trigger in sorted(triggers, key=lambda t: t.key):
        found.setdefault(trigger.subject_id, []).append(trigger)
    return found


def _delivery(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    follower: model.Follower,
    trigger: model.Trigger,
    channel: StatusChannel,
    suppressed: model.SuppressionReason | None,
    rules: SendingRules,
    now: datetime,
) -> model.Delivery:
    recipient = follower.recipient
    zone = rules.timezone(follower.jurisdiction)
    not_before = None
    if channel == "sms" and rules.quiet_hours and trigger.priority != _NEVER_WAITS:
        not_before = quiet_until(now, zone, rules.quiet_hours)
    if suppressed is None and follower.is_flooded:
        suppressed = "contact_flooded"
    written_in = rules.languages.message_language(
        trigger.template, follower.jurisdiction, recipient.languages
    )
    return model.Delivery(
        person=recipient.person,
        request_id=follower.request_id,
        language=written_in.language,
        channel=channel,
        trigger=trigger,
        day=(not_before or now).astimezone(zone).date(),
        not_before=not_before,
        suppressed=suppressed,
        contact=recipient.contacts.get(channel),
    )


@dataclass(frozen=True, slots=True)
class CaseLead:
    """The bureau that leads a case since a version."""

    case_id: str
    version: int
    jurisdiction: str
    bureau: str
    work_order_id: str | None  # its work order; None for a case that was merged into another
