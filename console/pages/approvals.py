"""Four eyes: commands that wait until a second person approves or refuses."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.pages.commands import case_path
from console.pages.parts import Console
from console.roles import Role
from console.store import Person

PATH = f"{HOME}/approvals"
_DECISIONS = frozenset({"approve", "refuse"})


async def waiting_approvals(console: Console) -> Sequence[Mapping[str, Any]]:
    """Return the commands that wait, newest first."""
    answer = await console.dispatch.get("/v1/approvals", {"status": "waiting"})
    return answer.body["approvals"] if answer.is_done else ()


def approval_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of approvals."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        waiting = await waiting_approvals(console)
        return console.site.page(
            request, "approvals", person, status=status, problem=problem, waiting=waiting
        )

    async def decide(request: web.Request, person: Person) -> web.StreamResponse:
        fields = await console.form(request, person)
        decision, approval = fields.get("command", ""), fields.get("approval", "")
        if decision not in _DECISIONS:
            raise ForbiddenError
        path = f"/v1/approvals/{quote(approval, safe='')}/{decision}"
        waiting = await waiting_approvals(console)
        actors = [one["actor"] for one in waiting if one["approval_id"] == approval]
        if actors and await console.store.was_made_by(person.name, actors[0]):
            return await shown(request, person, status=403, problem="same_person")
        answer = await console.dispatch.post(path, person, {})
        if not answer.is_done:
            return await shown(request, person, status=answer.status, problem=answer.problem)
        await console.record(person, f"approval_{decision}", approval)
        raise web.HTTPSeeOther(case_path(fields["case"]) if fields.get("case") else PATH)

    return [
        web.get(PATH, console.page(Role.SUPERVISOR, shown)),
        web.post(PATH, console.page(Role.SUPERVISOR, decide)),
    ]
