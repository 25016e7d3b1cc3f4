"""Rule: a person gets messages about a limited number of events a day, then one digest.

An event counts once, however many channels it goes out by. A mailbox and a number have the same
limit, so that new names for one person do not evade it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeAlias
from uuid import UUID, uuid5

from services.notify.rules import model
from services.notify.rules.languages import LanguageRules

MAX_PER_DAY = 6
# Events of a day after which steps that need nothing of the person are dropped: the first to go.
MAX_BEFORE_STEPS = 4
_STEPS: tuple[model.TemplateName, ...] = ("acknowledged", "in_progress")
# Messages that count and always go out: without them a person waits for ever.
_ALWAYS: tuple[model.TemplateName, ...] = ("completed", "declined")
# Messages that do not count and always go out: the digest, and questions of a team.
EXEMPT_TEMPLATES: tuple[model.TemplateName, ...] = (
    "digest",
    "waiting_for_resident",
    "question",
)
EXEMPT_PRIORITY = "P1"
# Keyed hash of a person, mailbox or number, and a day of their city.
ReaderDay: TypeAlias = tuple[str, date]


@dataclass(frozen=True, slots=True)
class MessagesOfDay:
    """Counted events with messages to people, mailboxes and numbers, by day."""

    counted: Mapping[ReaderDay, int]
    with_digest: Collection[ReaderDay]


_DIGESTS = UUID("0197f1a0-3c11-7000-8000-000000000311")


def counts(delivery: model.Delivery) -> bool:
    """Return True for a delivery that counts toward the limit."""
    trigger = delivery.trigger
    is_exempt = trigger.priority == EXEMPT_PRIORITY or trigger.template in EXEMPT_TEMPLATES
    return not (is_exempt or delivery.suppressed)


def over_limit(
    new: Sequence[model.StoredDelivery], known: MessagesOfDay
) -> list[model.StoredDelivery]:
    """Return the new deliveries, in due order, that exceed the limit of their person and day."""
    so_far: Counter[ReaderDay] = Counter(known.counted)
    counted: set[tuple[ReaderDay, model.TriggerKey]] = set()
    excess = []
    for stored in new:
        if not counts(stored.delivery):
            continue
        template, event = stored.delivery.trigger.template, stored.delivery.trigger.key
        readers = {key for key in reader_days(stored.delivery) if (key, event) not in counted}
        most = MAX_BEFORE_STEPS if template in _STEPS else MAX_PER_DAY
        if template not in _ALWAYS and any(so_far[reader] >= most for reader in readers):
            excess.append(stored)
        else:
            so_far.update(readers)
            counted.update((reader, event) for reader in readers)
    return excess


def digests_for(
    excess: Iterable[model.StoredDelivery], known: MessagesOfDay
) -> list[model.Delivery]:
    """Return a digest for each reader and day with excess deliveries that has none yet."""
    have_one, digests = set(known.with_digest), []
    for delivery in (stored.delivery for stored in excess):
        readers = reader_days(delivery)
        if have_one.isdisjoint(readers):
            digests.append(replace(delivery, trigger=_digest_trigger(delivery)))
            have_one |= readers
    return digests


def reader_days(delivery: model.Delivery) -> set[ReaderDay]:
    """Return the day on which a delivery is to be sent with each reader that it counts for."""
    return {(key, delivery.day) for key in (delivery.person, delivery.contact) if key}


def _digest_trigger(delivery: model.Delivery) -> model.Trigger:
    return replace(
        delivery.trigger,
        subject_id=str(uuid5(_DIGESTS, f"{delivery.person} {delivery.day.isoformat()}")),
        version=model.WITHOUT_CASE,
        template="digest",
        facts=model.CaseFacts(),
        only_for=delivery.request_id,
    )


# Requests in an hour that may name one contact before messages about further ones are held.
MAX_REQUESTS = 20
WINDOW = timedelta(hours=1)
# Id of a request, and keyed hash of a mailbox or number that it names.
Naming: TypeAlias = tuple[str, str]


def flooded_requests(
    contacts: Iterable[model.ReporterContact], known: Mapping[Naming, int]
) -> Mapping[str, str]:
    """Return the requests whose messages are to be held, each with the flooded contact.

    A request is held when 20 requests known before it name the same mailbox, or the same number for
    text messages, within an hour of it, earlier or later. So at most 20 requests of any hour pass,
    in whatever order they arrive. Held requests count too: during a flood nothing more passes. The
    new contacts are in order of arrival.
    """
    before: defaultdict[str, list[datetime]] = defaultdict(list)
    flooded: dict[str, str] = {}
    for contact in contacts:
        for named in contact.named:
            near = sum(abs(contact.received_at - at) < WINDOW for at in before[named])
            if known.get((contact.request_id, named), 0) + near >= MAX_REQUESTS:
                flooded.setdefault(contact.request_id, named)
            before[named].append(contact.received_at)
    return flooded


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of a city's day without text messages, in local time."""

    start: time
    end: time  # minute after the last one; before `start` for hours around midnight

    def includes(self, clock: time) -> bool:
        """Return True for a local time of day within them."""
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def quiet_until(moment: datetime, zone: tzinfo, hours: QuietHours) -> datetime | None:
    """Return the end of the quiet hours around a moment, UTC; None for a moment outside."""
    local = moment.astimezone(zone)
    clock = local.time()
    if not hours.includes(clock):
        return None
    day = local.date() if clock < hours.end else local.date() + timedelta(days=1)
    return datetime.combine(day, hours.end, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class SendingRules:
    """Rules of the cities about sending; ``texting`` has the cities that send text messages."""

    texting: Collection[str] = frozenset()
    timezones: Mapping[str, tzinfo] = field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    languages: LanguageRules = field(default_factory=LanguageRules)

    def timezone(self, jurisdiction: str) -> tzinfo:
        """Return the time zone of a jurisdiction."""
        return self.timezones.get(jurisdiction, UTC)
