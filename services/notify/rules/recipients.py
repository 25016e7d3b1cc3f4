"""Rule: who hears of what, by which channel and in which language."""

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence

from services.notify.rules.model import (
    CaseVersion,
    Contact,
    Delivery,
    Follower,
    Suppression,
    Trigger,
)
from shared.vocabulary import Language, StatusChannel

_DEFAULT_LANGUAGE: Language = "en"
_HASH_DIGITS = 32


def deliveries_due(
    followers: Iterable[Follower],
    occasions: Iterable[Trigger],
    *,
    new_requests: Collection[str],
    new_occasions: Collection[CaseVersion],
) -> list[Delivery]:
    """Return what is to be said now that these requests and occasions are new.

    Whatever comes last of a contact, a decision and a change of the case makes the message due,
    so every order of arrival gives the same messages. Of several requests of one person the one
    that joined the case first comes first.
    """
    told = _by_case(occasions)
    return [
        _delivery(follower, occasion, channel, suppressed)
        for follower in sorted(followers, key=lambda f: (f.about, f.since, f.request_id))
        for occasion in told.get(follower.about, ())
        if follower.request_id in new_requests or occasion.case_version in new_occasions
        if is_recipient(follower, occasion)
        for channel, suppressed in channels_for(follower.contact)
    ]


def is_recipient(follower: Follower, occasion: Trigger) -> bool:
    """Whether this follower is told of this occasion.

    A follower hears of what changed after the request joined the case and before it left; what
    concerns one request alone goes to its reporter.
    """
    if occasion.about != follower.about:
        return False
    if occasion.only_for is not None:
        return occasion.only_for == follower.request_id
    left = follower.until is not None and occasion.version >= follower.until
    return occasion.version > follower.since and not left


def channels_for(contact: Contact) -> list[tuple[StatusChannel, Suppression | None]]:
    """Return the channels that count for this contact, each with what stops it, if anything.

    SMS is not offered yet. Who wants no message at all has one that is not wanted.
    """
    if not contact.wants:
        return [("email", "not_wanted")]
    return [(channel, _stopped(channel, contact)) for channel in sorted(contact.wants)]


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
    """Return the first of these BCP 47 tags' languages that messages are written in."""
    spoken: Mapping[str, Language] = {"en": "en", "es": "es"}
    for tag in tags:
        if language := spoken.get(tag.lower().replace("_", "-").partition("-")[0]):
            return language
    return _DEFAULT_LANGUAGE


def _stopped(channel: StatusChannel, contact: Contact) -> Suppression | None:
    if channel not in contact.has:
        return "no_channel"
    return "channel_not_available" if channel == "sms" else None


def _by_case(occasions: Iterable[Trigger]) -> Mapping[str, Sequence[Trigger]]:
    told: dict[str, list[Trigger]] = {}
    for occasion in sorted(occasions, key=lambda o: o.case_version):
        told.setdefault(occasion.about, []).append(occasion)
    return told


def _delivery(
    follower: Follower, occasion: Trigger, channel: StatusChannel, suppressed: Suppression | None
) -> Delivery:
    contact = follower.contact
    language = language_of(contact.languages)
    return Delivery(contact.person, follower.request_id, language, channel, occasion, suppressed)
