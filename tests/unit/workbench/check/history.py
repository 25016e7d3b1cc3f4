"""History of a router: records on Kafka and rows of its tables, to be changed by violations."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import CONTENT_TYPE
from shared.contract.topics import DISPATCH_CASES, INTAKE_CONTACTS
from shared.runtime.kafka import Partition
from shared.runtime.outgoing import Headers
from tests.support.records import record
from workbench.check.facts.events import EventReader
from workbench.check.facts.log import LogLoader
from workbench.check.facts.store import FactStore, open_store
from workbench.check.history import Attempt, Poison, load_line
from workbench.check.invariants import INVARIANTS
from workbench.check.report import InvariantResult, evaluate

CATALOGUE = load_catalogue()
READER = EventReader(TriagePolicy(CATALOGUE))


@dataclass(slots=True)
class Sent:
    """A record, and its row in the outbox when a service published it.

    Attributes:
        copies: Number of copies on its topic.
    """

    service: str | None
    event_id: str
    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = (("content-type", CONTENT_TYPE),)
    copies: int = 1
    rows: int = 1
    published: bool = True

    @property
    def event(self) -> dict[str, Any]:
        """The decoded record."""
        event: dict[str, Any] = json.loads(self.value or b"{}")
        return event

    @property
    def data(self) -> dict[str, Any]:
        """The data of the event."""
        data: dict[str, Any] = self.event["data"]
        return data

    def edit(self, **data: Any) -> None:
        """Change the data of the event."""
        self.value = json.dumps(self.event | {"data": self.data | data}).encode()

    def blame(self, cause: str) -> None:
        """Change the cause of the event."""
        self.value = json.dumps(self.event | {"causationid": cause}).encode()

    def again(self, **envelope: Any) -> "Sent":
        """Return the same under another id."""
        event = self.event | {"id": f"{self.event_id}-again"} | envelope
        value = json.dumps(event).encode()
        return Sent(self.service, event["id"], self.topic, self.key, value, self.headers)


@dataclass(slots=True)
class History:
    """Everything that a check reads.

    Attributes:
        sent: In the order of arrival.
        tables: Rows of facts by table, as mutable lists.
        behind: Services that have not read a topic to its end.
        client: Observations of the client; empty when it reports none.
        feed: Bureau, number, event id and bytes of each event; None for the bytes of its topic.
    """

    sent: list[Sent] = field(default_factory=list)
    tables: dict[str, list[list[Any]]] = field(default_factory=dict)
    behind: list[tuple[str, str]] = field(default_factory=list)
    client: list[Attempt | Poison] = field(default_factory=list)
    feed: list[list[Any]] = field(default_factory=list)

    def of(self, kind: str, topic: str | None = None, **data: Any) -> list[Sent]:
        """Return the events of a kind, such as ``case.closed``, with this data."""
        return [
            sent
            for sent in self.sent
            if sent.value and sent.service and not sent.topic.endswith("-dlq")
            if topic is None or sent.topic == topic
            if sent.event["type"] == f"route311.{kind}.v1"
            if data.items() <= sent.data.items()
        ]

    def case_event(self, kind: str, **data: Any) -> Sent:
        """Return the first event of a kind on the topic of cases."""
        return self.of(f"case.{kind}", DISPATCH_CASES.name, **data)[0]

    def orders(self, case_id: str | None = None) -> list[Sent]:
        """Return the work orders that bureaus received."""
        orders = [
            s for kind in ("issued", "changed", "withdrawn") for s in self.of(f"work_order.{kind}")
        ]
        return [sent for sent in orders if case_id in (None, sent.data["case_id"])]

    def remove(self, *gone: Sent) -> None:
        """Remove records from the log."""
        self.sent = [sent for sent in self.sent if not any(sent is other for other in gone)]

    def rows(self, table: str, **columns: Any) -> list[list[Any]]:
        """Return the rows of a table that have these values."""
        names = COLUMNS[table]
        return [
            row
            for row in self.tables[table]
            if all(row[names.index(name)] == value for name, value in columns.items())
        ]

    def set(self, table: str, row: list[Any], **columns: Any) -> None:
        """Change columns of a row."""
        for name, value in columns.items():
            row[COLUMNS[table].index(name)] = value

    def get(self, table: str, row: list[Any], column: str) -> Any:
        """Return a column of a row."""
        return row[COLUMNS[table].index(column)]

    def drop_rows(self, table: str, **columns: Any) -> None:
        """Delete the rows that have these values."""
        gone = self.rows(table, **columns)
        self.tables[table] = [row for row in self.tables[table] if row not in gone]


def check_history(history: History) -> Sequence[InvariantResult]:
    """Check a history; return the result of each invariant."""
    with open_store() as store:
        _load(history, store)
        store.build_indexes()
        return [evaluate(invariant, store) for invariant in INVARIANTS]


def broken(history: History) -> dict[str, list[str]]:
    """Return the violated invariants, each with its violations."""
    return {
        one.id: [f"{v.what}: {', '.join(v.ids)}" for v in one.violations]
        for one in check_history(history)
        if not one.holds
    }


def _load(history: History, store: FactStore) -> None:
    log = LogLoader(store, CATALOGUE, READER)
    ends: Counter[str] = Counter()
    records = []
    for sent in history.sent:
        for _ in range(sent.copies):
            headers, offset = list(sent.headers), ends[sent.topic]
            found = record(
                sent.value, offset=offset, topic=sent.topic, key=sent.key, headers=headers
            )
            records.append(found)
            ends[sent.topic] += 1
        _load_outbox(sent, store)
    log.load_bounds({Partition(topic, 0): (0, ends[topic]) for topic in log.topics})
    log.load(records)
    for topic in log.topics.values():
        for reader in topic.readers:
            behind = (reader, topic.name) in history.behind
            store.add("positions", (reader, topic.name, 0, ends[topic.name] - behind))
    for table, rows in history.tables.items():
        store.extend(table, rows)
    store.extend("feed", _feed(history))
    for line in history.client:
        load_line(line, store)


def _load_outbox(sent: Sent, store: FactStore) -> None:
    if sent.service is None:
        return
    digest = None if sent.value is None else sha256(sent.value).digest()[:8]
    for _ in range(sent.rows):
        row = (f"/{sent.service}", sent.event_id, sent.topic, digest, sent.published)
        store.add("outbox", row)
        if sent.topic == INTAKE_CONTACTS.name and sent.value is not None:
            store.add("intake_contact_rows", (sent.key.decode(),))


def _feed(history: History) -> Iterator[list[Any]]:
    """Yield the feed with the bytes of the topics, but for those that a violation has set."""
    values = {sent.event_id: sent.value for sent in history.sent}
    for bureau, number, event_id, value in history.feed:
        found = values.get(event_id) if value is None else value
        yield [bureau, number, event_id, sha256(found or b"").digest()[:8]]


def _columns() -> dict[str, list[str]]:
    with open_store() as store:
        tables = [str(name) for (name,) in store.query("SELECT name FROM sqlite_master")]
        return {
            table: [str(row[1]) for row in store.query(f"PRAGMA table_info({table})")]
            for table in tables
        }


COLUMNS = _columns()
