"""Overview of forwards over HTTP, for operators: other systems, mails, and what is in trouble."""

from datetime import date

from aiohttp import web
from pydantic import AwareDatetime

from services.dispatch.channels.forwarding.store.forwards import (
    list_last_digests,
    list_systems,
    list_troubled,
)
from services.dispatch.ports import DispatchPorts
from shared.contract.events import Data
from shared.runtime.http.calls import JSON, answers_errors, json_response
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import KEY_REFUSALS, Content, Operation, documents
from shared.runtime.postgres import borrow

_MAX_ORDERS = 200


class ForwardSystem(Data):
    """A bureau's own system, reached by Open311."""

    bureau: str
    """Code of the bureau."""
    open: int
    """Work orders that wait for a try."""
    failed: int
    """Work orders that were given up and have not arrived."""
    unknown: int
    """Work orders that were given up and may have arrived."""
    is_down: bool
    """Whether the system failed five times in a row and is only tried now and then."""


class LastDigest(Data):
    """The last daily mail to a bureau."""

    bureau: str
    """Code of the bureau."""
    day: date
    """Its day."""
    state: str
    """State: sending, waiting, sent, empty, failed or unknown."""
    at: AwareDatetime
    """Time of the state."""
    reason: str | None
    """Reason of a failure."""


class TroubledForward(Data):
    """A work order that failed to reach the bureau's system, or may have."""

    bureau: str
    """Code of the bureau."""
    work_order_id: str
    """Id of the work order."""
    case_id: str
    """Id of its case."""
    state: str
    """State: pending (tried again) or parked (given up)."""
    level: str
    """Priority level."""
    attempts: int
    """Number of tries."""
    reason: str | None
    """Reason of the last failure."""
    may_have_arrived: bool
    """Whether a call got no answer that tells."""


class ForwardOverview(Data):
    """Forwards of all bureaus."""

    systems: list[ForwardSystem]
    """Bureaus' systems, by code."""
    digests: list[LastDigest]
    """The last mail of each bureau that gets one, by code."""
    troubled: list[TroubledForward]
    """Work orders in trouble, parked ones first, at most 200."""


LIST_FORWARDS = Operation(
    "Show what goes to bureaus' own systems and mailboxes, as an operator.",
    {200: Content("Forwards of all bureaus.", (JSON,), ForwardOverview), **KEY_REFUSALS},
    security=("operator",),
)


def forward_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the route."""

    async def overview() -> ForwardOverview:
        async with borrow(core.pool) as db:
            return ForwardOverview.model_validate(
                {
                    "systems": await list_systems(db),
                    "digests": await list_last_digests(db),
                    "troubled": await list_troubled(db, _MAX_ORDERS),
                }
            )

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        await core.access.callers.operator(request)
        return json_response(await Deadline().wait_for(overview()))

    return [web.get("/v1/forwards", documents(read, LIST_FORWARDS))]
