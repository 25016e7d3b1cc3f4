"""Rule: a person gets a limited number of messages a day over all channels, then one digest.

A mailbox and a number have the same limit, so that new names for one person do not evade it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID, uuid5

from services.notify.rules.model import (
    WITHOUT_CASE,
    CaseFacts,
    Delivery,
    StoredDelivery,
    TemplateName,
    Trigger,
)

MAX_PER_DAY = 6
EXEMPT_TEMPLATES: tuple[TemplateName, ...] = ("digest",)
EXEMPT_PRIORITY = "P1"
ReaderDay: TypeAlias = tuple[str, date]
"""Keyed hash of a person, mailbox or number, and a day of their city."""


@dataclass(frozen=True, slots=True)
class MessagesOfDay:
    """Messages to people, mailboxes and numbers, by day.

    Attributes:
        counted: Number of those that count toward the limit.
        with_digest: Readers and days that have a digest.
    """

    counted: Mapping[ReaderDay, int]
    with_digest: Collection[ReaderDay]


_DIGESTS = UUID("0197f1a0-3c11-7000-8000-000000000311")


def counts(delivery: Delivery) -> bool:
    """Return True for a delivery that counts toward the limit and is subject to it."""
    trigger = delivery.trigger
    is_exempt = trigger.priority == EXEMPT_PRIORITY or trigger.template in EXEMPT_TEMPLATES
    return not (is_exempt or delivery.suppressed)


def over_limit(new: Sequence[StoredDelivery], known: MessagesOfDay) -> list[StoredDelivery]:
    """Return the new deliveries that would be more than the limit of their person and day.

    Args:
        new: In the order in which they became due.
        known: The other messages to the same readers.
    """
    so_far: Counter[ReaderDay] = Counter(known.counted)
    excess = []
    for stored in new:
        if not counts(stored.delivery):
            continue
        readers = reader_days(stored.delivery)
        if any(so_far[reader] >= MAX_PER_DAY for reader in readers):
            excess.append(stored)
        else:
            so_far.update(readers)
    return excess


def digests_for(excess: Iterable[StoredDelivery], known: MessagesOfDay) -> list[Delivery]:
    """Return a digest for each reader and day with excess deliveries that has none yet.

    Args:
        excess: Deliveries above the limit.
        known: The other messages to the same readers.
    """
    have_one, digests = set(known.with_digest), []
    for delivery in (stored.delivery for stored in excess):
        readers = reader_days(delivery)
        if have_one.isdisjoint(readers):
            digests.append(replace(delivery, trigger=_digest_trigger(delivery)))
            have_one |= readers
    return digests


def reader_days(delivery: Delivery) -> set[ReaderDay]:
    """Return the day on which a delivery is to be sent with each reader that it counts for."""
    return {(key, delivery.day) for key in (delivery.person, delivery.contact) if key}


def _digest_trigger(delivery: Delivery) -> Trigger:
    return replace(
        delivery.trigger,
        subject_id=str(uuid5(_DIGESTS, f"{delivery.person} {delivery.day.isoformat()}")),
        version=WITHOUT_CASE,
        template="digest",
        facts=CaseFacts(),
        only_for=delivery.request_id,
    )
