"""The operators' API: messages that need a person, the decision about held ones, dead letters."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Annotated, get_args
from uuid import UUID

from aiohttp import web
from pydantic import Field

from services.notify.ports import NotifyPorts
from services.notify.records import (
    NEWEST,
    HeldContact,
    HeldDecision,
    ListedMessage,
    MessageState,
)
from shared.contract.events import Data, FieldError
from shared.runtime.dead_letter_api import letter_routes
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import JSON, answers_errors, json_response
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import ACTOR_HEADER, actor_in
from shared.runtime.key_api import key_routes
from shared.runtime.recovery.own_letters import OwnLetters, replayed_topics
from shared.runtime.service import ChannelParts


class MessageList(Data):
    """A page of messages."""

    messages: list[ListedMessage]
    """The messages, newest first."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are older messages."""


class HeldContacts(Data):
    """Contacts for which messages are held."""

    held: list[HeldContact]
    """The contacts, most messages first."""


class HeldDecided(Data):
    """A decision about the messages held for a contact."""

    contact: str
    """Keyed hash of the contact."""
    count: int
    """Number of messages that it was about; 0 once none is held."""


MESSAGES, HELD = "/v1/messages", "/v1/messages/held"
_HASH = r"[0-9a-f]{32}"
# Stands for the bureau in the cursors of the list, which is of all of them.
_ALL = "all"
_STATES: Mapping[str, MessageState] = {state: state for state in get_args(MessageState)}

LIST_MESSAGES = Operation(
    "List messages in a state or about a case, newest first, as an operator.",
    {
        200: Content("A page of messages.", (JSON,), MessageList),
        **list_queries.BAD_CURSOR,
        **list_queries.BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={
        **list_queries.PAGE,
        "state": Parameter("What became of the messages; without case_id alone.", MessageState),
        "case_id": Parameter("Only messages about this case, in any state.", UUID),
    },
    security=("operator",),
)
LIST_HELD = Operation(
    "List the contacts for which messages are held, as an operator.",
    {200: Content("All of them.", (JSON,), HeldContacts), **KEY_REFUSALS},
    security=("operator",),
)


def _decision(summary: str) -> Operation:
    return Operation(
        summary,
        {
            200: Content("Done; idempotent.", (JSON,), HeldDecided),
            404: problem("This is no hash of a contact: unknown_contact."),
            **KEY_REFUSALS,
        },
        path={
            "contact": Parameter(
                "Keyed hash of the contact, as in the list of held ones.",
                Annotated[str, Field(pattern=f"^{_HASH}$")],
            )
        },
        headers=ACTOR_HEADER,
        security=("operator",),
    )


def message_routes(core: NotifyPorts) -> list[web.RouteDef]:
    """Return the routes."""

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        await core.callers.operator(request)
        faults: list[FieldError] = []
        limit = list_queries.number_in(
            request, "limit", list_queries.DEFAULT_LIMIT, 1, list_queries.MAX_LIMIT, faults
        )
        before = list_queries.position_in(request, "messages", _ALL, faults, otherwise=NEWEST.int)
        wanted = _wanted(request, faults)
        list_queries.refuse_faults(faults)
        position = UUID(int=before)
        if isinstance(wanted, UUID):
            listing = core.messages_of_case(wanted, position, limit + 1)
        else:
            listing = core.messages(wanted, position, limit + 1)
        found = await Deadline().wait_for(listing)
        shown = found[:limit]
        last = UUID(shown[-1].notification_id).int if shown else before
        return json_response(
            {
                "messages": shown,
                "next": list_queries.encode_cursor("messages", _ALL, last),
                "more": len(found) > limit,
            }
        )

    @answers_errors("Retry in a moment.")
    async def held(request: web.Request) -> web.Response:
        await core.callers.operator(request)
        return json_response({"held": await Deadline().wait_for(core.held_contacts())})

    def deciding(decision: HeldDecision, operation: Operation) -> web.RouteDef:
        @answers_errors("Look first whether they are still held.")
        async def decide(request: web.Request) -> web.Response:
            operator = await core.callers.operator(request)
            contact = request.match_info["contact"]
            if not re.fullmatch(_HASH, contact):
                raise _unknown()
            deciding = core.decide_held(contact, decision, operator, actor=actor_in(request))
            count = await Deadline().wait_for(deciding)
            return json_response({"contact": contact, "count": count})

        return web.post(f"{HELD}/{{contact}}/{decision}", documents(decide, operation))

    return [
        web.get(MESSAGES, documents(read, LIST_MESSAGES)),
        web.get(HELD, documents(held, LIST_HELD)),
        deciding("release", _decision("Send the messages held for a contact, as an operator.")),
        deciding("drop", _decision("Never send the messages held for a contact, as an operator.")),
    ]


def _wanted(request: web.Request, faults: list[FieldError]) -> MessageState | UUID:
    """Return the state or the case of the query; an error is added to ``faults``."""
    state, case_id = (request.query.get(name, "") for name in ("state", "case_id"))
    if case_id and not state:
        with suppress(ValueError):
            return UUID(case_id)
        message = "Write the id of a case."
        faults.append(FieldError(field="case_id", code="bad_case_id", message=message))
    elif case_id or state not in _STATES:
        message = f"Write one of {', '.join(_STATES)}, or case_id alone."
        faults.append(FieldError(field="state", code="bad_state", message=message))
    return _STATES.get(state, "held")


def _unknown() -> RefusedError:
    detail = f"Take the hash of a contact from GET {HELD}."
    return RefusedError(problem_response(404, "No such contact", detail, code="unknown_contact"))


@asynccontextmanager
async def open_operator_api(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Open the operators' API."""
    access, topics = core.settings.kafka_access, replayed_topics("notify")
    letters = letter_routes(core.callers, OwnLetters("notify", access, core.pool, topics))
    bureaus = {code for city in core.cities.values() for code in city.bureau_names}
    keys = key_routes(core.callers, "notify", core.pool, bureaus)
    yield ChannelParts(routes=[*message_routes(core), *letters, *keys])
