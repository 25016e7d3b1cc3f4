"""Takes the desk's contacts over HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.insight.ports import InsightPorts
from services.insight.records import DeskContact
from shared.contract.events import Data, FieldError, PlausibleMoment
from shared.runtime.http.calls import JSON, answers_errors, json_response, refuse_fields, validated
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    documents,
    problem,
)
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.service import ChannelParts
from shared.vocabulary import WITH_REQUEST, DeskChannel, DeskOutcome

_MAX_SECONDS = 24 * 3_600
_MAX_CONTACTS = 1_000


class SentContact(Data):
    """A contact of the desk with its outcome."""

    id: UUID
    """Id of the contact; a known one is ignored."""
    at: PlausibleMoment
    """Moment of the outcome."""
    channel: DeskChannel
    """By phone or at the counter."""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$")] | None = (
        None
    )
    """Language of the person, a BCP 47 tag."""
    outcome: DeskOutcome
    """Its outcome."""
    seconds: Annotated[int, Field(ge=0, le=_MAX_SECONDS)] | None = None
    """Seconds from the first key to the outcome; null if not measured."""
    request_id: UUID | None = None
    """The request, for the outcomes ``request`` and ``joined`` alone."""

    @model_validator(mode="after")
    def _has_its_request(self) -> Self:
        if (self.request_id is not None) != (self.outcome in WITH_REQUEST):
            message = "Give request_id with the outcomes request and joined, and with no other."
            raise PydanticCustomError("bad_request_id", message)
        return self


class SentContacts(Data):
    """Contacts of a city's desk."""

    jurisdiction: str
    """Id of the city."""
    contacts: Annotated[list[SentContact], Field(max_length=_MAX_CONTACTS)]
    """The contacts; none to ask for ``latest``."""


class TakenContacts(Data):
    """The state after a call."""

    latest: PlausibleMoment | None
    """Moment of the latest contact of the city that came with this key; null for none at all."""


PUT_CONTACTS = Operation(
    "Report contacts of the desk with their outcomes, with an operator's key.",
    {
        200: Content("All are stored; idempotent by their ids.", (JSON,), TakenContacts),
        422: problem("A field is invalid; errors name each."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The contacts.", (JSON,), SentContacts),
    security=("operator",),
)


@asynccontextmanager
async def open_desk(core: InsightPorts) -> AsyncGenerator[ChannelParts]:
    """Open the route of the contacts."""

    @answers_errors("Send the same again in a moment.")
    async def take(request: web.Request) -> web.Response:
        operator = await core.callers.operator(request)
        sent = validated(SentContacts, await read_fields(request))
        if sent.jurisdiction not in core.policy.timezones:
            message = "Write the id of a city."
            raise refuse_fields(
                FieldError(field="jurisdiction", code="unknown_jurisdiction", message=message)
            )
        contacts = [
            DeskContact(
                one.id, one.at, one.channel, one.language, one.outcome, one.seconds, one.request_id
            )
            for one in sent.contacts
        ]
        taking = core.take_contacts(sent.jurisdiction, operator, contacts)
        return json_response({"latest": await Deadline().wait_for(taking)})

    yield ChannelParts(routes=[web.post("/v1/desk-contacts", documents(take, PUT_CONTACTS))])
