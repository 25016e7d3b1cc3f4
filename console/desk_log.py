"""Log of the contacts of the desk, which is replicated to insight."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from pydantic_core import to_jsonable_python

from console.api import ServiceApi, ServiceDownError
from shared.errors import SystemicError, TransientError
from shared.runtime.postgres import Pool
from shared.vocabulary import START_OF_TIME, DeskOutcome

log = structlog.get_logger()

_EVERY_S = 60.0
_PAGE = 500
# A contact may commit this long after one with a later moment.
_OVERLAP = timedelta(minutes=1)
# A form that is sent twice is one contact, with one line in the audit.
_RECORD = """
    WITH contact AS (
        INSERT INTO desk_contacts (contact_id, channel, language, outcome, seconds, request_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING RETURNING outcome)
    INSERT INTO audit (name, action, about) SELECT $7, $8 || outcome, $9 FROM contact
"""
_AFTER = """
    SELECT contact_id AS id, at, channel, language, outcome, seconds, request_id FROM desk_contacts
     WHERE (at, contact_id) > ($1, $2) ORDER BY at, contact_id LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class DeskContact:
    """A contact with its outcome; nothing about the person.

    Attributes:
        seconds: From the first key to the outcome; None if not measured.
        request_id: The request that it became.
    """

    contact_id: UUID
    channel: str
    language: str | None
    outcome: DeskOutcome
    seconds: int | None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DeskLog:
    """The contacts of a city's desk: the table, and its replication to insight."""

    pool: Pool
    insight: ServiceApi | None
    city: str
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(self, contact: DeskContact, name: str, prefix: str, about: str) -> None:
        """Store a contact, and add it to the audit of a person; idempotent by its id.

        Args:
            prefix: Of the action in the audit; the outcome follows.
        """
        await self.pool.execute(_RECORD, *astuple(contact), name, prefix, about)
        self._woken.set()

    async def replicate(self) -> None:
        """Send insight what it lacks, after each contact and once a minute, for ever."""
        while self.insight:
            self._woken.clear()
            try:
                await self._send_missing(self.insight)
            except (ServiceDownError, SystemicError, TransientError, TimeoutError) as error:
                log.warning("desk_contacts_wait", reason=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._woken.wait()

    async def _send_missing(self, insight: ServiceApi) -> None:
        latest = await self._send(insight, [])
        after = (
            datetime.fromisoformat(latest) - _OVERLAP if latest else START_OF_TIME,
            UUID(int=0),
        )
        while rows := await self.pool.fetch(_AFTER, *after, _PAGE):
            await self._send(insight, to_jsonable_python(list(map(dict, rows))))
            after = rows[-1]["at"], rows[-1]["id"]

    async def _send(self, insight: ServiceApi, contacts: Sequence[Mapping[str, Any]]) -> str | None:
        """Send contacts; return the moment of the latest one that insight has of this console."""
        body = {"jurisdiction": self.city, "contacts": contacts}
        answer = await insight.repeat("POST", "/v1/desk-contacts", json=body)
        if not answer.is_done:
            raise ServiceDownError(answer.problem)
        latest: str | None = answer.body["latest"]
        return latest
