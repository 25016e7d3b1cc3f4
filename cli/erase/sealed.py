"""The search where contacts are sealed: by keyed hashes, and by opening the few that wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asyncpg import Record

from cli.connection import ContactSecrets
from cli.erase.person import Person
from services.intake.channels.conversations.sealed import (
    address_place,
    conversation_sealer,
    number_place,
)
from services.intake.identifiers import phone_ref
from services.notify.rules.recipients import person_hash
from services.notify.store.sealed_contacts import ContactKeys
from shared.errors import Route311Error
from shared.runtime.postgres import Connection
from shared.runtime.sealing import UnreadableError

_REQUESTS = """
    SELECT request_id::text FROM notify.requests
     WHERE person = ANY($1::text[]) OR phone_ref = ANY($2::text[])
"""
_TEXTS = """
    SELECT person, jurisdiction, number AS sealed FROM intake.sms_conversations
     WHERE number IS NOT NULL
"""
_MAILS = """
    SELECT token, sealed_address AS sealed FROM intake.mail_conversations
     WHERE sealed_address IS NOT NULL
"""


class WrongReporterKeyError(Route311Error):
    """``INTAKE_REPORTER_KEY`` opens none of the contacts that wait in intake."""

    code = "wrong_reporter_key"


@dataclass(frozen=True, slots=True)
class SealedSearch:
    """One search for a person.

    Attributes:
        secrets: The secrets behind hashes and seals.
    """

    db: Connection
    person: Person
    secrets: ContactSecrets

    async def requests(self) -> set[str]:
        """Return the requests whose contact in notify is the person's.

        Raises:
            WrongContactKeyError: The contacts there are not sealed with this secret.
        """
        async with self.db.transaction(readonly=True):
            await self.db.execute("SET LOCAL search_path = notify")
            hash_key = await ContactKeys(self.secrets.contact).require(self.db)
        refs = [phone_ref(self.secrets.reporter_key, number) for number in self.person.phones]
        found = await self.db.fetch(_REQUESTS, list(self._hashes(hash_key)), refs)
        return {row["request_id"] for row in found}

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

    def _hashes(self, key: bytes) -> Iterator[str]:
        for address in self.person.emails:
            yield person_hash(key, address=address, phone=None, request_id="")
        for number in self.person.phones:
            yield person_hash(key, address=None, phone=number, request_id="")

    def _opened(self, rows: Sequence[Record], places: Sequence[str]) -> list[str | None]:
        """Return the values, None for one that is damaged.

        Raises:
            WrongReporterKeyError: None of them can be opened.
        """
        sealer = conversation_sealer(self.secrets.conversations)
        opened: list[str | None] = []
        for row, place in zip(rows, places, strict=True):
            try:
                opened.append(sealer.open(row["sealed"], place))
            except UnreadableError:
                opened.append(None)
        if rows and not any(opened):
            raise WrongReporterKeyError("INTAKE_REPORTER_KEY is not that of the stored contacts")
        return opened
