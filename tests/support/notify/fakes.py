"""In-memory fakes of notify's stores."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.notify.delivery.worker import DeliveryUpdate
from services.notify.records import ClaimedDelivery, MessageData
from services.notify.rules.daily_limit import WINDOW, MessagesOfDay, Naming, counts, reader_days
from services.notify.rules.model import (
    Delivery,
    Follower,
    ReporterContact,
    RequestFacts,
    StoredDelivery,
    SuppressionReason,
    Trigger,
    TriggerKey,
)
from services.notify.rules.recipients import ContactConsent
from services.notify.rules.updates import (
    ANSWERS,
    RETURNED_WITHIN,
    Membership,
    ReturnedMail,
    Updates,
    suppression_of,
)
from services.notify.store.resident_links import Suppressed
from shared.contract.events import Event, new_id
from shared.vocabulary import StatusChannel
from tests.support.notify.factories import LANGUAGE_RULES
from tests.unit.notify.delivery_rows import DeliveryRow, clash, thread_of

_COUNTED = ("pending", "sending", "sent", "unknown")


@dataclass
class InMemoryNotify:
    """Both stores of notify on shared state; ``published`` collects the events."""

    channel: StatusChannel = "email"
    contacts: dict[str, ReporterContact] = field(default_factory=dict)
    requests: dict[str, RequestFacts] = field(default_factory=dict)
    memberships: dict[tuple[str, str], Membership] = field(default_factory=dict)
    known_triggers: dict[TriggerKey, Trigger] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    consents: dict[tuple[str, str], ContactConsent] = field(default_factory=dict)
    suppressed: dict[str, Suppressed] = field(default_factory=dict)
    rows: list[DeliveryRow] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)

    async def lock(self, request_ids: Collection[str], subject_ids: Collection[str]) -> None:
        """Do nothing: there is no concurrency."""

    async def count_namings(self, contacts: Collection[ReporterContact]) -> Mapping[Naming, int]:
        return {
            (new.request_id, named): sum(
                named in known.named
                and known.request_id != new.request_id
                and abs(known.received_at - new.received_at) < WINDOW
                for known in self.contacts.values()
            )
            for new in contacts
            for named in new.named
        }

    async def save(self, updates: Updates) -> None:
        for request_id, contact in updates.contacts.items():
            first = self.contacts.get(request_id, contact)
            if request_id not in self.erased:
                self.contacts[request_id] = replace(contact, is_flooded=first.is_flooded)
        for named, consent in updates.consents.items():
            earlier = self.consents.get(named, consent)
            self.consents[named] = max(earlier, consent, key=lambda one: one.at)
        self.erased |= updates.erased
        for request_id in updates.erased:
            self.contacts.pop(request_id, None)
        self.requests = updates.requests | self.requests
        self.known_triggers = updates.triggers | self.known_triggers
        for key, new in updates.memberships.items():
            known = self.memberships.get(key, new)
            since = new.since if known.since is None else known.since
            until = new.until if known.until is None else known.until
            self.memberships[key] = replace(known, since=since, until=until)

    async def followers(
        self, request_ids: Collection[str], subject_ids: Collection[str]
    ) -> Sequence[Follower]:
        return [
            self._follower(membership, membership.since)
            for membership in self.memberships.values()
            if membership.request_id in request_ids or membership.subject_id in subject_ids
            if membership.since is not None
            if membership.request_id in self.contacts and membership.request_id in self.requests
        ]

    def _follower(self, membership: Membership, since: int) -> Follower:
        contact = self.contacts[membership.request_id]
        texted: dict[StatusChannel, str] = {"sms": contact.phone_ref} if contact.phone_ref else {}
        recipient = replace(contact.recipient, contacts={"email": contact.flood_key, **texted})
        language = self.requests[membership.request_id].language
        languages = (*recipient.languages, *((language,) if language else ()))
        return Follower(
            membership.request_id,
            membership.subject_id,
            since,
            replace(recipient, languages=languages),
            self.requests[membership.request_id].jurisdiction,
            membership.until,
            self.contacts[membership.request_id].is_flooded,
        )

    async def triggers(
        self, subject_ids: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        return [
            trigger
            for trigger in self.known_triggers.values()
            if trigger.subject_id in subject_ids
            if trigger.only_for is None or trigger.only_for in request_ids
        ]

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        added = []
        for delivery in deliveries:
            if not any(clash(delivery, row) for row in self.rows):
                stored = StoredDelivery(new_id(), delivery)
                state = "suppressed" if delivery.suppressed else "pending"
                state = "held" if delivery.suppressed == "contact_flooded" else state
                due = delivery.not_before or now
                self.rows.append(DeliveryRow(stored, state, due, reason=delivery.suppressed))
                added.append(stored)
        return added

    async def merge_waiting(self, deliveries: Collection[StoredDelivery], now: datetime) -> None:
        threads = {thread_of(one.delivery) for one in deliveries}
        for row in self.rows:
            is_waiting = row.state == "pending" and not row.deferrals and row.not_before > now
            if is_waiting and thread_of(row.stored.delivery) in threads and self._is_overtaken(row):
                row.state = "merged"

    def _is_overtaken(self, row: DeliveryRow) -> bool:
        mine = row.stored.delivery
        return any(
            thread_of(other.stored.delivery) == thread_of(mine)
            and other.stored.delivery.trigger.version > mine.trigger.version
            and other.state in _COUNTED
            for other in self.rows
        )

    async def messages_of_day(self, deliveries: Collection[StoredDelivery]) -> MessagesOfDay:
        new = {one.notification_id for one in deliveries}
        others = [
            row.stored.delivery
            for row in self.rows
            if row.state in _COUNTED and row.stored.notification_id not in new
        ]
        heard = {
            (key, one.trigger.key) for one in others if counts(one) for key in reader_days(one)
        }
        return MessagesOfDay(
            Counter(key for key, _ in heard),
            {key for one in others if one.trigger.template == "digest" for key in reader_days(one)},
        )

    async def suppress(self, deliveries: Collection[StoredDelivery]) -> None:
        for stored in deliveries:
            row = self._row(stored)
            row.state, row.reason = "suppressed", "daily_limit"

    async def cancel(self, request_ids: Collection[str]) -> Sequence[StoredDelivery]:
        waiting = [
            row
            for row in self.rows
            if row.stored.delivery.request_id in request_ids and row.state in {"pending", "held"}
        ]
        for row in waiting:
            row.state, row.reason = "suppressed", "erased"
        return [row.stored for row in waiting]

    async def any_due(self, now: datetime) -> bool:
        return any(self._is_due(row, now) for row in self.rows)

    def _is_due(self, row: DeliveryRow, now: datetime) -> bool:
        is_ours = row.stored.delivery.channel == self.channel
        return is_ours and row.state == "pending" and row.not_before <= now

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        due = [row for row in self.rows if self._is_due(row, now) and not self._is_behind(row)]
        claimed = sorted(due, key=lambda row: row.order)[:limit]
        for row in claimed:
            row.state, row.claimed_by, row.lease_until = "sending", self, lease_until
        return [self._claimed(row) for row in claimed]

    def _is_behind(self, row: DeliveryRow) -> bool:
        mine = row.stored.delivery
        return any(
            thread_of(other.stored.delivery) == thread_of(mine)
            and other.stored.delivery.trigger.version < mine.trigger.version
            and other.state in {"pending", "sending"}
            for other in self.rows
        )

    def _claimed(self, row: DeliveryRow) -> ClaimedDelivery:
        delivery = row.stored.delivery
        contact = self.contacts[delivery.request_id]
        request = self.requests[delivery.request_id]
        written_in = LANGUAGE_RULES.message_language(
            delivery.trigger.template,
            request.jurisdiction,
            (*contact.recipient.languages, request.language),
        )
        message_data = MessageData(
            row.stored.notification_id,
            delivery.trigger.template,
            delivery.language,
            contact.name,
            request,
            delivery.trigger.facts,
            help_language=written_in.help_language,
        )
        address = contact.phone if delivery.channel == "sms" else contact.mailbox
        suppressed = self._suppression(delivery, contact)
        is_readable = address not in self.unreadable
        return ClaimedDelivery(
            row.stored, row.deferrals, address, suppressed, message_data, is_readable
        )

    def _suppression(
        self, delivery: Delivery, contact: ReporterContact
    ) -> SuppressionReason | None:
        if delivery.channel == "sms":
            consent = self.consents.get((contact.phone_ref or "", "sms"))
            return "opted_out" if consent and consent.opted_out else None
        known = self.suppressed.get(contact.recipient.person)
        is_answer = delivery.trigger.template in ANSWERS and delivery.trigger.only_for
        if (
            known
            and known.reason == "unsubscribed"
            and is_answer
            and contact.received_at > known.at
        ):
            return None
        return known.reason if known else None

    async def record_returns(self, returned: Sequence[ReturnedMail]) -> Sequence[StoredDelivery]:
        failed = []
        for one in returned:
            for row in self.rows:
                is_it = row.stored.notification_id == one.notification_id
                is_late = one.at - row.not_before >= RETURNED_WITHIN
                if not is_it or is_late or row.state in {"pending", "held", "suppressed"}:
                    continue
                if one.kind != "complained" and row.state in {"sent", "unknown"}:
                    row.state, row.reason = "failed", one.kind
                    failed.append(row.stored)
                person = row.stored.delivery.person
                if reason := suppression_of(one, self._passing(person)):
                    self.suppressed[person] = Suppressed(person, reason, one.at)
        return failed

    def _passing(self, person: str) -> int:
        return sum(
            row.stored.delivery.person == person and row.reason == "bounced_for_now"
            for row in self.rows
        )

    async def record(self, updates: Sequence[DeliveryUpdate]) -> None:
        for update in updates:
            row = self._row(update.stored)
            if row.state != "sending" or row.claimed_by is not self:
                continue
            row.state, row.reason = update.state, update.reason
            row.deferrals, row.claimed_by, row.lease_until = update.deferrals, None, None
            row.not_before = update.not_before or row.not_before
            if update.opts_out and update.event:
                ref = self.contacts[row.stored.delivery.request_id].phone_ref or ""
                consent = ContactConsent(ref, "sms", opted_out=True, at=update.event.time)
                self.consents[ref, "sms"] = consent
            if update.event:
                self.published.append(update.event)

    async def expire_leases(
        self, now: datetime, to_event: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        expired = [
            row
            for row in self.rows
            if row.state == "sending" and row.lease_until and row.lease_until < now
        ]
        for row in expired:
            row.state, row.reason = "unknown", "abandoned"
            row.claimed_by, row.lease_until = None, None
            self.published.append(to_event(row.stored))
        return [row.stored for row in expired]

    def _row(self, stored: StoredDelivery) -> DeliveryRow:
        return next(r for r in self.rows if r.stored.notification_id == stored.notification_id)
