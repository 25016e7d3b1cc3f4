"""Kinds and bureaus over HTTP, for the choices of consoles."""

from collections.abc import Callable, Sequence
from functools import cache

from aiohttp import web

from services.dispatch.ports import DispatchPorts
from services.dispatch.records.views import ListedBureau, ListedKind
from shared.contract.events import Data
from shared.runtime.http.calls import JSON, answers_errors, json_response
from shared.runtime.http.openapi import KEY_REFUSALS, Content, Operation, documents


class KindList(Data):
    """The kinds of all cities."""

    kinds: list[ListedKind]
    """The kinds by city, in the order of its catalogue."""


class BureauList(Data):
    """The bureaus of all cities."""

    bureaus: list[ListedBureau]
    """The bureaus by city, by code."""


LIST_KINDS = Operation(
    "List the kinds of the catalogue, as an operator.",
    {200: Content("The kinds.", (JSON,), KindList), **KEY_REFUSALS},
    security=("operator",),
)
LIST_BUREAUS = Operation(
    "List the bureaus of the catalogue, as an operator.",
    {200: Content("The bureaus.", (JSON,), BureauList), **KEY_REFUSALS},
    security=("operator",),
)


def catalogue_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes of kinds and bureaus."""

    def listing(
        name: str, rows: Callable[[], Sequence[Data]], operation: Operation
    ) -> web.RouteDef:
        known = cache(rows)

        @answers_errors("Retry in a moment.")
        async def read(request: web.Request) -> web.Response:
            await core.access.callers.operator(request)
            return json_response({name: known()})

        return web.get(f"/v1/{name}", documents(read, operation))

    return [
        listing("kinds", core.kinds, LIST_KINDS),
        listing("bureaus", core.bureaus, LIST_BUREAUS),
    ]
