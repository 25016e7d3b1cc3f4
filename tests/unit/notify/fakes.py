"""A twin of notify's stores that forgets everything at its end."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.notify.delivery.updates import ClaimedDelivery, DeliveryUpdate
from services.notify.inbound import Updates
from services.notify.rules.model import (
    CaseVersion,
    ContactFacts,
    Delivery,
    Follower,
    Membership,
    MessageData,
    RequestFacts,
    StoredDelivery,
    Trigger,
    TriggerWithFacts,
)
from shared.contract.events import Event, new_id


@dataclass
class Row:
    kept: StoredDelivery
    state: str
    not_before: datetime
    put_off: int = 0
    reason: str | None = None
    claimed_by: object = None
    lease_until: datetime | None = None

    @property
    def order(self) -> tuple[str, datetime, str]:
        return self.kept.delivery.trigger.priority, self.not_before, self.kept.notification_id


@dataclass
class InMemoryNotify:
    """Both stores of notify on shared state; what is reported lands in ``published``."""

    contacts: dict[str, ContactFacts] = field(default_factory=dict)
    requests: dict[str, RequestFacts] = field(default_factory=dict)
    memberships: dict[tuple[str, str], Membership] = field(default_factory=dict)
    announcements: dict[CaseVersion, TriggerWithFacts] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)

    async def lock(self, request_ids: Collection[str], abouts: Collection[str]) -> None:
        """Nobody else is here."""

    async def save(self, news: Updates) -> None:
        self.contacts |= news.contacts
        for request_id in news.erased:
            self.contacts.pop(request_id, None)
        self.requests = news.requests | self.requests
        self.announcements = news.announcements | self.announcements
        for key, new in news.memberships.items():
            known = self.memberships.get(key, new)
            since = new.since if known.since is None else known.since
            until = new.until if known.until is None else known.until
            self.memberships[key] = replace(known, since=since, until=until)

    async def followers(
        self, request_ids: Collection[str], abouts: Collection[str]
    ) -> Sequence[Follower]:
        return [
            self._follower(membership, membership.since)
            for membership in self.memberships.values()
            if membership.request_id in request_ids or membership.about in abouts
            if membership.since is not None
            if membership.request_id in self.contacts and membership.request_id in self.requests
        ]

    def _follower(self, membership: Membership, since: int) -> Follower:
        contact = self.contacts[membership.request_id].contact
        spoken = self.requests[membership.request_id].language
        languages = (*contact.languages, *((spoken,) if spoken else ()))
        return Follower(
            membership.request_id,
            membership.about,
            since,
            replace(contact, languages=languages),
            membership.until,
        )

    async def triggers(
        self, abouts: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        told = (announcement.occasion for announcement in self.announcements.values())
        return [
            one
            for one in told
            if one.about in abouts and (one.only_for is None or one.only_for in request_ids)
        ]

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        added = []
        for delivery in deliveries:
            if not any(_clash(delivery, row) for row in self.rows):
                kept = StoredDelivery(new_id(), delivery)
                state = "suppressed" if delivery.suppressed else "pending"
                self.rows.append(Row(kept, state, now, reason=delivery.suppressed))
                added.append(kept)
        return added

    async def any_due(self, now: datetime) -> bool:
        return any(row.state == "pending" and row.not_before <= now for row in self.rows)

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        due = [
            row
            for row in self.rows
            if row.state == "pending" and row.not_before <= now and not self._waits(row)
        ]
        claimed = sorted(due, key=lambda row: row.order)[:limit]
        for row in claimed:
            row.state, row.claimed_by, row.lease_until = "sending", self, lease_until
        return [self._claimed(row) for row in claimed]

    def _waits(self, row: Row) -> bool:
        mine = row.kept.delivery
        return any(
            _thread(other.kept.delivery) == _thread(mine)
            and other.kept.delivery.trigger.version < mine.trigger.version
            and other.state in {"pending", "sending"}
            for other in self.rows
        )

    def _claimed(self, row: Row) -> ClaimedDelivery:
        delivery = row.kept.delivery
        known = self.contacts[delivery.request_id]
        announcement = self.announcements[delivery.trigger.case_version]
        particulars = MessageData(
            delivery.trigger.template,
            delivery.language,
            known.name,
            self.requests[delivery.request_id],
            announcement.facts,
        )
        return ClaimedDelivery(row.kept, row.put_off, known.mailbox, particulars)

    async def settle(self, settlements: Sequence[DeliveryUpdate]) -> None:
        for settlement in settlements:
            row = self._row(settlement.kept)
            if row.state != "sending" or row.claimed_by is not self:
                continue
            row.state, row.reason = settlement.state, settlement.reason
            row.put_off, row.claimed_by, row.lease_until = settlement.put_off, None, None
            row.not_before = settlement.not_before or row.not_before
            if settlement.report:
                self.published.append(settlement.report)

    async def expire_leases(
        self, now: datetime, report: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        ended = [
            row
            for row in self.rows
            if row.state == "sending" and row.lease_until and row.lease_until < now
        ]
        for row in ended:
            row.state, row.reason, row.claimed_by, row.lease_until = (
                "unknown",
                "abandoned",
                None,
                None,
            )
            self.published.append(report(row.kept))
        return [row.kept for row in ended]

    def _row(self, kept: StoredDelivery) -> Row:
        return next(r for r in self.rows if r.kept.notification_id == kept.notification_id)


def _clash(delivery: Delivery, row: Row) -> bool:
    other = row.kept.delivery
    where = (delivery.trigger.case_version, delivery.channel)
    if where != (other.trigger.case_version, other.channel):
        return False
    if delivery.request_id == other.request_id:
        return True
    sendable = not delivery.suppressed and row.state != "suppressed"
    return sendable and delivery.person == other.person


def _thread(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.person, delivery.trigger.about, delivery.channel
