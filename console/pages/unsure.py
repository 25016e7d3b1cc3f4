"""Cases of an unsure kind: kind and place in two keys each, one case after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from console.access import HOME
from console.pages.commands import case_url, give_command
from console.pages.parts import Console, kinds_of, places_for
from console.pages.queue import api_query
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/unsure"
_KNOWN = frozenset({"point", "address"})
_MOST_PLACES = 4  # each has a digit of its own, after those of five kinds


def unsure_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of cases of an unsure kind."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        found = await console.dispatch.get("/v1/cases", api_query({"unsure": "true"}))
        waiting = found.body["cases"]
        wanted = request.query.get("case") or (waiting[0]["case_id"] if waiting else "")
        answer = await console.dispatch.get(case_url(wanted)) if wanted else None
        case = answer.body if answer and answer.is_done else None
        kinds = await kinds_of(console, case["jurisdiction"]) if case else {}
        return console.site.page(
            request,
            "unsure",
            person,
            status=status,
            problem=problem,
            total=found.body["total"],
            waiting=waiting,
            case=case,
            kinds=kinds,
            places=await _places(console, case) if case else (),
        )

    async def decide(request: web.Request, person: Person) -> web.StreamResponse:
        fields = await console.form(request, person)
        case_id = request.query.get("case", "")
        status, problem = await give_command(console, person, case_id, fields)
        if problem:
            return await shown(request, person, status=status, problem=problem)
        is_done = fields["command"] != "change_place"  # its kind may be unsure yet
        raise web.HTTPSeeOther(PATH if is_done else f"{PATH}?case={case_id}")

    return [
        web.get(PATH, console.page(Role.DISPATCHER, shown)),
        web.post(PATH, console.page(Role.DISPATCHER, decide)),
    ]


async def _places(console: Console, case: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the places that the words of the case's place may mean, none where it is known."""
    at = case["location"]
    if at["latitude"] is not None and at["precision"] in _KNOWN:
        return ()
    return (await places_for(console, at["address"] or ""))[:_MOST_PLACES]
