"""A case: all that is known of it, and the commands about it."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from console.access import HOME
from console.pages.approvals import waiting_approvals
from console.pages.commands import case_path, case_url, give_command
from console.pages.parts import Console, kinds_of
from console.pages.queue import api_query, view_of
from console.roles import Role
from console.store import Person
from shared.vocabulary import CLOSED_STATUSES


def case_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of a case."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        case_id = request.match_info["case_id"]
        answer = await console.dispatch.get(case_url(case_id))
        if not answer.is_done:
            return console.site.page(request, "problem", person, status=404, problem="unknown_case")
        bureaus, kinds, waiting = await asyncio.gather(
            console.dispatch.get("/v1/bureaus"),
            kinds_of(console, answer.body["jurisdiction"]),
            waiting_approvals(console),
        )
        return console.site.page(
            request,
            "case",
            person,
            status=status,
            case=answer.body,
            is_closed=answer.body["status"] in CLOSED_STATUSES,
            bureaus=bureaus.body["bureaus"] if bureaus.is_done else (),
            kinds=kinds,
            waiting=[one for one in waiting if case_id in one["case_ids"]],
            view=request.query.get("view", ""),
            problem=problem,
        )

    async def command(request: web.Request, person: Person) -> web.StreamResponse:
        case_id = request.match_info["case_id"]
        fields = await console.form(request, person)
        status, problem = await give_command(console, person, case_id, fields)
        if problem:
            return await shown(request, person, status=status, problem=problem)
        if status == HTTPStatus.ACCEPTED:  # it waits, which the case says
            raise web.HTTPSeeOther(case_path(case_id))
        raise web.HTTPSeeOther(await _next(console, case_id, request.query.get("view")))

    return [
        web.get(f"{HOME}/cases/{{case_id}}", console.page(Role.VIEWER, shown)),
        web.post(f"{HOME}/cases/{{case_id}}", console.page(Role.VIEWER, command)),
    ]


async def _next(console: Console, case_id: str, view: str | None) -> str:
    """Return the path of the next case of a view, or of the view when it has no other."""
    if view is None:
        return case_path(case_id)
    filters = view_of(dict(parse_qsl(view)))
    answer = await console.dispatch.get("/v1/cases", api_query(filters))
    others = [c["case_id"] for c in answer.body["cases"] if c["case_id"] != case_id]
    if not others:
        return f"{HOME}?{view}"
    return f"{case_path(others[0])}?{urlencode({'view': view})}"
