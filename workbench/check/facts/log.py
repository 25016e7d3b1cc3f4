"""Loading of Kafka records into the fact store."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from services.intake.identifiers import idempotency_key, payload_hash
from shared.catalogue import Catalogue, Jurisdiction
from shared.contract.events import (
    Contact,
    ContactGiven,
    Decoder,
    Event,
    ForeignEvent,
    OperatorCommanded,
    SubmissionReceived,
)
from shared.contract.topic import DEAD_LETTERS, Topic
from shared.contract.topics import INTAKE_CONTACTS, all_topics
from shared.runtime.consumer.messages import InvalidRecord, parse_record, record_position
from shared.runtime.kafka import Record
from shared.runtime.kafka.reader import OffsetRanges
from workbench.check.facts.events import EventReader, digest
from workbench.check.facts.store import FactStore, Row

_MAIL = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+[A-Za-z0-9]")
_PHONE = re.compile(rb"\+[1-9][0-9]{7,14}")  # E.164


class LogLoader:
    """Adds facts about records to a store; decodes each record once."""

    def __init__(
        self,
        store: FactStore,
        catalogue: Catalogue,
        events: EventReader,
        adapters: Collection[str] = (),
    ) -> None:
        self._store = store
        self._events = events
        self._catalogue = catalogue
        self.topics: Mapping[str, Topic] = {
            topic.name: topic for topic in all_topics(catalogue.bureau_codes, adapters)
        }
        with_events = [topic for topic in self.topics.values() if topic.events]
        decoders = {topic.events: Decoder[Any](topic.events) for topic in with_events}
        self._decoders = {topic.name: decoders[topic.events] for topic in with_events}

    def load_bounds(self, bounds: OffsetRanges) -> None:
        """Add the offsets of every partition, and the registry of topics and bureaus."""
        for partition, (first, end) in bounds.items():
            self._store.add("partitions", (partition.topic, partition.partition, first, end))
        for topic in self.topics.values():
            self._store.add("topics", (topic.name, topic.owner, topic.retention is None))
            self._store.extend("readers", ((topic.name, reader) for reader in topic.readers))
        for city in self._catalogue.jurisdictions.values():
            self._store.extend("bureaus", ((city.id, bureau) for bureau in city.bureaus))
            self._store.extend("forwarding", _forwarding(city))

    def load(self, records: Iterable[Record]) -> None:
        """Add the facts of records, in the order of each partition."""
        for record in records:
            if record.topic.endswith(DEAD_LETTERS):
                self._store.add("parked", (*_dead_letter(record), self._is_readable(record)))
            elif record.topic == INTAKE_CONTACTS.name and record.value is None:
                self._store.add("contacts", ((record.key or b"").decode(), True))
            else:
                self._load_event(record)

    def _is_readable(self, dead_letter: Record) -> bool:
        topic = self.topics.get(dead_letter.topic.removesuffix(DEAD_LETTERS))
        if topic is None or topic.name not in self._decoders:
            return False
        read = parse_record(dead_letter, self._decoders[topic.name], allows=topic.allows)
        return not isinstance(read, InvalidRecord)

    def _load_event(self, record: Record) -> None:
        topic = self.topics[record.topic]
        message = parse_record(record, self._decoders[topic.name], allows=topic.allows)
        if isinstance(message, InvalidRecord):
            self._store.add("unreadable", (record.topic, record_position(record)))
            return
        event, value = message.event, record.value or b""
        if isinstance(event, SubmissionReceived):
            self._store.add("handed_in", _submission(event, record))
        elif isinstance(event, OperatorCommanded):
            self._store.add("commands", (event.id, event.source, record_position(record)))
        elif isinstance(event, ContactGiven):
            hashes = _hashes_of_contact(event.data)
            self._store.extend("contact_values", ((found,) for found in hashes))
            self._store.add("contacts", (event.data.request_id, False))
        if not isinstance(event, ForeignEvent):
            self._load_own_event(event, record, value)
        for table, row in self._events.facts_in(event, record.topic):
            self._store.add(table, row)

    def _load_own_event(self, event: Event, record: Record, value: bytes) -> None:
        self._store.add("seen", (record.topic, event.id, event.source, digest(value)))
        if record.topic != INTAKE_CONTACTS.name:
            position = record_position(record)
            hashes = _hashes_in_bytes(value)
            self._store.extend("contacts_seen", ((found, position) for found in hashes))


def _forwarding(city: Jurisdiction) -> Iterator[Row]:
    """Yield the bureaus that forward, each with its way."""
    for bureau in city.bureaus.values():
        if bureau.forward:
            yield bureau.code, "open311" if bureau.forward.open311 else "digest"


def _submission(event: SubmissionReceived, record: Record) -> Row:
    identity, data = idempotency_key(event.source, event.id), payload_hash(event.data)
    return (identity.hex(), data.hex(), event.source, event.id, record_position(record))


def _dead_letter(record: Record) -> Row:
    headers = dict(record.headers)  # of two headers with one name, the reader wrote the last one
    service, code, origin = (
        headers.get(name, b"").decode("utf-8", "replace") for name in ("service", "code", "source")
    )
    topic, _, position = origin.partition("/")
    partition, _, offset = position.partition("/")
    is_valid = partition.isdecimal() and offset.isdecimal()
    return (
        record.topic.removesuffix(DEAD_LETTERS),
        record_position(record),
        service,
        code,
        origin,
        topic,
        int(partition) if is_valid else None,
        int(offset) if is_valid else None,
        sha256(record.value or b"").hexdigest(),
    )


def _hashes_of_contact(contact: Contact) -> Iterator[bytes | None]:
    """Yield a hash of each e-mail address and telephone number; the values are not stored."""
    for value in (contact.email, contact.phone):
        if value:
            yield digest(value.strip().lower().encode())


def _hashes_in_bytes(value: bytes) -> Iterator[bytes | None]:
    """Yield a hash of everything that looks like an e-mail address or a telephone number."""
    if b"@" in value:
        for found in _MAIL.findall(value):
            yield digest(found.lower())
    if b"+" in value:
        for found in _PHONE.findall(value):
            yield digest(found)
