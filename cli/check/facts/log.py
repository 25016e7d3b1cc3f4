"""From Kafka records to facts."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from cli.check.facts.book import FactBook, Row
from cli.check.facts.contacts import hashes_in, hashes_of
from cli.check.facts.events import EventFacts, digest
from services.intake.rules.idempotency import idempotency_key, payload_hash
from services.triage.policy import TriagePolicy
from shared.catalogue import Catalogue
from shared.contract.events import (
    ContactGiven,
    Decoder,
    Event,
    ForeignEvent,
    OperatorCommanded,
    SubmissionHandedIn,
)
from shared.contract.topics import DEAD_LETTERS, INTAKE_CONTACTS, Topic, all_topics
from shared.runtime.consumer.messages import InvalidRecord, parse_record, record_position
from shared.runtime.kafka import Record
from shared.runtime.kafka.reader import OffsetRanges


class LogFacts:
    """Writes down what records say; each is decoded once."""

    def __init__(self, book: FactBook, catalogue: Catalogue) -> None:
        self._book = book
        self._events = EventFacts(TriagePolicy(catalogue))
        self._catalogue = catalogue
        self.topics: Mapping[str, Topic] = {
            topic.name: topic for topic in all_topics(catalogue.bureau_codes)
        }
        decoders = {topic.events: Decoder[Any](topic.events) for topic in _live(self.topics)}
        self._decoders = {topic.name: decoders[topic.events] for topic in _live(self.topics)}

    def take_bounds(self, bounds: OffsetRanges) -> None:
        """Note how much of each topic there is, and what is known about it."""
        for partition, (first, end) in bounds.items():
            self._book.add("partitions", (partition.topic, partition.partition, first, end))
        for topic in self.topics.values():
            self._book.add("topics", (topic.name, topic.owner, topic.retention is None))
            self._book.extend("readers", ((topic.name, reader) for reader in topic.readers))
        for city in self._catalogue.jurisdictions.values():
            self._book.extend("bureaus", ((city.id, bureau) for bureau in city.bureaus))

    def take(self, records: Iterable[Record]) -> None:
        """Note what records say, in the order of each partition."""
        for record in records:
            if record.topic.endswith(DEAD_LETTERS):
                self._book.add("parked", (*_parked(record), self._is_readable(record)))
            elif record.topic == INTAKE_CONTACTS.name and record.value is None:
                self._book.add("contacts", ((record.key or b"").decode(), True))
            else:
                self._take_event(record)

    def _is_readable(self, parked: Record) -> bool:
        decoder = self._decoders.get(parked.topic.removesuffix(DEAD_LETTERS))
        return decoder is not None and not isinstance(parse_record(parked, decoder), InvalidRecord)

    def _take_event(self, record: Record) -> None:
        message = parse_record(record, self._decoders[record.topic])
        if isinstance(message, InvalidRecord):
            self._book.add("unreadable", (record.topic, record_position(record)))
            return
        event, value = message.event, record.value or b""
        if isinstance(event, SubmissionHandedIn):
            self._book.add("handed_in", _handed_in(event, record))
        elif isinstance(event, OperatorCommanded):
            self._book.add("commands", (event.id, event.source, record_position(record)))
        elif isinstance(event, ContactGiven):
            self._take_contact(event)
        if not isinstance(event, ForeignEvent):
            self._take_our_own(event, record, value)
        for table, row in self._events.of(event, record.topic):
            self._book.add(table, row)

    def _take_contact(self, event: ContactGiven) -> None:
        self._book.extend("contact_values", ((found,) for found in hashes_of(event.data)))
        self._book.add("contacts", (event.data.request_id, False))

    def _take_our_own(self, event: Event, record: Record, value: bytes) -> None:
        self._book.add("seen", (record.topic, event.id, event.source, digest(value)))
        if record.topic != INTAKE_CONTACTS.name:
            place = record_position(record)
            self._book.extend("sightings", ((found, place) for found in hashes_in(value)))


def _live(topics: Mapping[str, Topic]) -> Sequence[Topic]:
    return [topic for topic in topics.values() if topic.events]


def _handed_in(event: SubmissionHandedIn, record: Record) -> Row:
    identity, data = idempotency_key(event.source, event.id), payload_hash(event.data)
    return (identity.hex(), data.hex(), event.source, event.id, record_position(record))


def _parked(record: Record) -> Row:
    headers = dict(record.headers)  # of a name that comes twice the last counts: it is the reader's
    service, code, origin = (
        headers.get(name, b"").decode("utf-8", "replace") for name in ("service", "code", "source")
    )
    topic, _, place = origin.partition("/")
    partition, _, offset = place.partition("/")
    known = partition.isdecimal() and offset.isdecimal()
    return (
        record.topic.removesuffix(DEAD_LETTERS),
        record_position(record),
        service,
        code,
        origin,
        topic,
        int(partition) if known else None,
        int(offset) if known else None,
        sha256(record.value or b"").hexdigest(),
    )
