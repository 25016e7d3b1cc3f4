"""Rule: a person gets a limited number of messages a day over all channels, then one digest."""

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
PersonDay: TypeAlias = tuple[str, date]
"""Keyed hash of a person, and a day of their city."""


@dataclass(frozen=True, slots=True)
class MessagesOfDay:
    """Messages to people, by day.

    Attributes:
        counted: Number of those that count toward the limit.
        with_digest: Persons and days that have a digest.
    """

    counted: Mapping[PersonDay, int]
    with_digest: Collection[PersonDay]


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
        known: The other messages to the same people.
    """
    so_far: Counter[PersonDay] = Counter(known.counted)
    excess = []
    for stored in new:
        if not counts(stored.delivery):
            continue
        so_far[person_day(stored.delivery)] += 1
        if so_far[person_day(stored.delivery)] > MAX_PER_DAY:
            excess.append(stored)
    return excess


def digests_for(excess: Iterable[StoredDelivery], known: MessagesOfDay) -> list[Delivery]:
    """Return a digest for each person and day with excess deliveries that has none yet.

    Args:
        excess: Deliveries above the limit.
        known: The other messages to the same people.
    """
    first: dict[PersonDay, Delivery] = {}
    for stored in excess:
        first.setdefault(person_day(stored.delivery), stored.delivery)
    return [
        replace(delivery, trigger=_digest_trigger(delivery))
        for key, delivery in first.items()
        if key not in known.with_digest
    ]


def person_day(delivery: Delivery) -> PersonDay:
    """Return the person of a delivery, and the day on which it is to be sent."""
    return delivery.person, delivery.day


def _digest_trigger(delivery: Delivery) -> Trigger:
    return replace(
        delivery.trigger,
        subject_id=str(uuid5(_DIGESTS, f"{delivery.person} {delivery.day.isoformat()}")),
        version=WITHOUT_CASE,
        template="digest",
        facts=CaseFacts(),
        only_for=delivery.request_id,
    )
