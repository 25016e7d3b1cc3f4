"""Search for a contact: topic, tables, outboxes, dead letters, and encrypted contacts by hash."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from asyncpg import Record

from cli.connection import ContactSecrets
from cli.erase.person import Person
from cli.operator.id_lookup import is_id
from services.intake.channels.conversations.waiting import (
    address_place,
    conversation_sealer,
    number_place,
)
from services.intake.channels.pages.store import draft_place, draft_sealer
from services.intake.identifiers import phone_ref, read_tracking_number
from services.intake.store.erasure import reused_submissions
from services.notify.rules.recipients import person_hash
from services.notify.store.contacts import ContactKeys
from shared.contract.events import Contact, ContactGiven, Decoder
from shared.contract.topic import DEAD_LETTERS
from shared.contract.topics import INTAKE_CONTACTS
from shared.errors import PermanentError, Route311Error
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.migrate import SERVICES
from shared.runtime.outbox.housekeeping import StoredRecord
from shared.runtime.outbox.outbox import unpack_headers
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import DeadLetter, parse_dead_letter
from shared.runtime.sealing import Sealer, UnreadableError

_REQUESTS = """
    SELECT request_id::text FROM notify.requests
     WHERE person = ANY($1::text[]) OR phone_ref = ANY($2::text[])
"""
_ALERTS = "SELECT alert_id::text FROM notify.area_alerts WHERE person = ANY($1::text[])"
_TEXTS = """
    SELECT person, jurisdiction, number AS sealed FROM intake.sms_conversations
     WHERE number IS NOT NULL
"""
_MAILS = """
    SELECT token, sealed_address AS sealed FROM intake.mail_conversations
     WHERE sealed_address IS NOT NULL
"""
_PAGES = "SELECT draft_id::text, state AS sealed FROM intake.report_drafts"


class WrongReporterKeyError(Route311Error):
    """``INTAKE_REPORTER_KEY`` decrypts none of the contacts that wait in intake."""

    code = "wrong_reporter_key"


@dataclass(frozen=True, slots=True)
class SealedSearch:
    """One search for a person in encrypted contacts."""

    db: Connection
    person: Person
    secrets: ContactSecrets

    async def requests(self) -> set[str]:
        """Return the person's requests in notify; WrongContactKeyError for another secret."""
        refs = [phone_ref(self.secrets.reporter_key, number) for number in self.person.phones]
        found = await self.db.fetch(_REQUESTS, await self._people(), refs)
        return {row["request_id"] for row in found}

    async def alerts(self) -> set[str]:
        """Return the ids of the person's e-mails about new problems; raises as ``requests``."""
        found = await self.db.fetch(_ALERTS, await self._people())
        return {row["alert_id"] for row in found}

    async def drafts(self) -> set[tuple[str, str]]:
        """Return person and city of reports by text message that wait for an answer."""
        rows = await self.db.fetch(_TEXTS)
        numbers = self._opened(
            rows, [number_place(row["person"], row["jurisdiction"]) for row in rows]
        )
        return {
            (row["person"], row["jurisdiction"])
            for row, number in zip(rows, numbers, strict=True)
            if number in self.person.phones
        }

    async def mail_drafts(self) -> set[str]:
        """Return the tokens of reports by e-mail that wait for an answer."""
        rows = await self.db.fetch(_MAILS)
        addresses = self._opened(rows, [address_place(row["token"]) for row in rows])
        return {
            row["token"]
            for row, address in zip(rows, addresses, strict=True)
            if address and address.casefold() in self.person.emails
        }

    async def page_drafts(self) -> set[str]:
        """Return the ids of reports on the pages, unfinished or sent within a day."""
        rows = await self.db.fetch(_PAGES)
        sealer = draft_sealer(self.secrets.conversations)
        states = self._opened(rows, [draft_place(row["draft_id"]) for row in rows], sealer)
        return {
            row["draft_id"]
            for row, state in zip(rows, states, strict=True)
            if state and self.person.is_named_in([state.encode()])
        }

    async def _people(self) -> list[str]:
        async with self.db.transaction(readonly=True):
            await self.db.execute("SET LOCAL search_path = notify")
            key = await ContactKeys(self.secrets.contact).require(self.db)
        return list(self._hashes(key))

    def _hashes(self, key: bytes) -> Iterator[str]:
        for address in self.person.emails:
            yield person_hash(key, address=address, phone=None, request_id="")
        for number in self.person.phones:
            yield person_hash(key, address=None, phone=number, request_id="")

    def _opened(
        self, rows: Sequence[Record], places: Sequence[str], sealer: Sealer | None = None
    ) -> list[str | None]:
        """Return the values, None for damaged ones; WrongReporterKeyError if all are."""
        sealer = sealer or conversation_sealer(self.secrets.conversations)
        opened: list[str | None] = []
        for row, place in zip(rows, places, strict=True):
            try:
                opened.append(sealer.open(row["sealed"], place))
            except UnreadableError:
                opened.append(None)
        if rows and not any(opened):
            raise WrongReporterKeyError("INTAKE_REPORTER_KEY is not that of the stored contacts")
        return opened


_ID_OF_NUMBER = "SELECT request_id::text FROM intake.requests WHERE tracking_number = $1"
# The topic has the published contacts; any other contact was never given, or is erased.
_UNPUBLISHED = """
    SELECT value FROM intake.outbox_backlog
     WHERE topic = 'intake-contacts' AND value IS NOT NULL
"""
_KNOWN_TO_NOTIFY = """
    SELECT request_id::text FROM notify.requests
     WHERE request_id = ANY($1::uuid[]) AND person IS NOT NULL
"""
_ERASED = """
    SELECT request_id::text FROM intake.requests
     WHERE request_id = ANY($1::uuid[]) AND contact = 'erased'
"""
_NUMBERS = """
    SELECT request_id::text, coalesce(i.tracking_number, n.tracking_number, '') AS number
      FROM unnest($1::uuid[]) AS request_id
      LEFT JOIN intake.requests AS i USING (request_id)
      LEFT JOIN notify.requests AS n USING (request_id)
"""
_REJECTED = """
    SELECT identity, fingerprint, body FROM intake.submissions
     WHERE body IS NOT NULL AND NOT erased
"""
_COPIES = """
    SELECT seq, event_id, key, value, headers FROM {}.outbox
     WHERE topic LIKE '%-dlq' OR topic LIKE 'channel-submissions%' OR event_id LIKE topic || '/%'
"""
_ERASED_RECORDS = "SELECT content FROM intake.erased_records"
_WAITING = """
    SELECT count(*) FROM notify.deliveries
     WHERE request_id = ANY($1::uuid[]) AND state IN ('pending', 'held')
"""
_WITH_MEDIA = """
    SELECT DISTINCT request_id::text FROM intake.request_media JOIN intake.media USING (media_id)
     WHERE request_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_MEDIA = """
    SELECT count(DISTINCT media_id) FROM intake.request_media JOIN intake.media USING (media_id)
     WHERE request_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_CONTACTS: Decoder[ContactGiven] = Decoder((ContactGiven,))


@dataclass(frozen=True, slots=True)
class ErasureSubject:
    """The person, or the id or tracking number of the request, whose contact is to be erased."""

    person: Person | None = None
    request: str = ""


@dataclass(slots=True)
class Findings:
    """Everything that holds the contact of a person, or of one request."""

    # Tracking number by request id, of the requests whose contact can be read.
    requests: dict[str, str] = field(default_factory=dict)
    submissions: set[tuple[bytes, bytes]] = field(default_factory=set)
    dead_letters: set[bytes] = field(default_factory=set)  # digests
    # By service, the records of its outbox that are copies of dead letters.
    outbox: dict[str, list[StoredRecord]] = field(default_factory=dict)
    messages: int = 0
    media: int = 0
    # Person and city of the reports by text message that wait for an answer.
    drafts: set[tuple[str, str]] = field(default_factory=set)
    # Tokens of the reports by e-mail that wait for an answer.
    mail_drafts: set[str] = field(default_factory=set)
    # Ids of the reports on the residents' pages.
    page_drafts: set[str] = field(default_factory=set)
    # Ids of the e-mails about new problems that the person gets.
    alerts: set[str] = field(default_factory=set)

    @property
    def request_ids(self) -> Collection[str]:
        """The requests, sorted."""
        return sorted(self.requests)

    @property
    def tracking_numbers(self) -> list[str]:
        """The numbers of the requests, sorted."""
        return sorted(filter(None, self.requests.values()))

    def counts(self) -> dict[str, int]:
        """Return how much of each kind was found."""
        return {
            "contacts": len(self.requests),
            "messages": self.messages,
            "media": self.media,
            "drafts": len(self.drafts) + len(self.mail_drafts) + len(self.page_drafts),
            "alerts": len(self.alerts),
            "submissions": len(self.submissions),
            "dead_letters": len(self.dead_letters),
            "outbox": sum(map(len, self.outbox.values())),
        }


@dataclass(frozen=True, slots=True)
class Search:
    """One search for a person, with encrypted contacts, or for a request."""

    access: KafkaAccess
    db: Connection
    subject: ErasureSubject
    sealed: SealedSearch | None

    async def run(self) -> Findings:
        """Search everywhere; change nothing."""
        bounds = await offset_bounds(self.access)
        wanted = await self._request_id()
        found = Findings()
        ids = await self._contacts(bounds, wanted) | await self._with_media(wanted)
        numbers = await self.db.fetch(_NUMBERS, sorted(ids))
        found.requests = {row["request_id"]: row["number"] for row in numbers}
        found.media = await self.db.fetchval(_MEDIA, sorted(ids))
        found.messages = await self.db.fetchval(_WAITING, sorted(ids))
        found.submissions = set(await reused_in_intake(self.db, ids | ({wanted} - {""})))
        found.dead_letters = await self._dead_letters(bounds, wanted)
        if self.sealed:
            found.drafts = await self.sealed.drafts()
            found.mail_drafts = await self.sealed.mail_drafts()
            found.page_drafts = await self.sealed.page_drafts()
            found.alerts = await self.sealed.alerts()
        if self.subject.person:
            found.submissions |= await self._rejected(self.subject.person)
            for service in SERVICES:
                found.outbox[service] = await self._copies(service, self.subject.person)
        return found

    async def _request_id(self) -> str:
        """Return the id of the named request; empty when it is unknown or none is."""
        name = self.subject.request.strip()
        if number := read_tracking_number(name):
            return str(await self.db.fetchval(_ID_OF_NUMBER, number) or "")
        return name.lower() if is_id(name.lower()) else ""

    def _is_meant(self, contact: Contact, wanted: str) -> bool:
        person = self.subject.person
        return person.has(contact) if person else contact.request_id == wanted

    async def _contacts(self, bounds: OffsetRanges, wanted: str) -> set[str]:
        """Return the requests whose contact matches and can be read somewhere."""
        live: set[str] = set()
        ranges = {p: offsets for p, offsets in bounds.items() if p.topic == INTAKE_CONTACTS.name}
        async for record in read_records(self.access, ranges):
            key = (record.key or b"").decode("ascii", "replace")
            contact = _contact_in(record.value)
            if contact and self._is_meant(contact, wanted):
                live.add(key)
            else:
                live.discard(key)
        live = {key for key in live if is_id(key)}
        live -= {row["request_id"] for row in await self.db.fetch(_ERASED, sorted(live))}
        for row in await self.db.fetch(_UNPUBLISHED):
            contact = _contact_in(row["value"])
            if contact and self._is_meant(contact, wanted):
                live.add(contact.request_id)
        if self.sealed:
            return live | await self.sealed.requests()
        known = await self.db.fetch(_KNOWN_TO_NOTIFY, [wanted] if wanted else [])
        return live | {row["request_id"] for row in known}

    async def _with_media(self, wanted: str) -> set[str]:
        rows = await self.db.fetch(_WITH_MEDIA, [wanted] if wanted else [])
        return {row["request_id"] for row in rows}

    async def _rejected(self, person: Person) -> set[tuple[bytes, bytes]]:
        found = set()
        async with self.db.transaction(readonly=True):
            async for row in self.db.cursor(_REJECTED):
                if person.is_named_in([row["body"]]):
                    found.add((row["identity"], row["fingerprint"]))
        return found

    async def _copies(self, service: str, person: Person) -> list[StoredRecord]:
        found = []
        async with self.db.transaction(readonly=True):
            async for row in self.db.cursor(_COPIES.format(service)):
                values = [value for _, value in unpack_headers(row["headers"])]
                if person.is_named_in([row["key"], row["value"], *values]):
                    found.append((row["seq"], row["event_id"]))
        return found

    async def _dead_letters(self, bounds: OffsetRanges, wanted: str) -> set[bytes]:
        known = {row["content"] for row in await self.db.fetch(_ERASED_RECORDS)}
        ranges = {p: offsets for p, offsets in bounds.items() if p.topic.endswith(DEAD_LETTERS)}
        found = set()
        async for record in read_records(self.access, ranges):
            letter = parse_dead_letter(record)
            if letter.content not in known and self._is_about(letter, wanted):
                found.add(letter.content)
        return found

    def _is_about(self, letter: DeadLetter, wanted: str) -> bool:
        original, person = letter.original, self.subject.person
        if person:
            values = [value for _, value in original.headers]
            return person.is_named_in([original.key, original.value, *values])
        is_contact = original.topic == INTAKE_CONTACTS.name and original.value is not None
        return is_contact and bool(wanted) and original.key == wanted.encode()


async def reused_in_intake(
    db: Connection, request_ids: Collection[str]
) -> Sequence[tuple[bytes, bytes]]:
    """Return the keys of rejected submissions that reused the ids of these requests."""
    async with db.transaction():
        await db.execute("SET LOCAL search_path = intake")
        return await reused_submissions(db, request_ids)


def _contact_in(value: Any) -> Contact | None:  # noqa: ANN401 - bytes of a row or a record
    try:
        return _CONTACTS.decode(value).data if value is not None else None
    except PermanentError:
        return None
