"""Four eyes: commands that wait until a second person approves or refuses."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.pages.commands import case_path
from console.pages.parts import Console, uuid_of
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/approvals"
_DECISIONS = frozenset({"approve", "refuse"})


async def waiting_approvals(console: Console) -> Sequence[Mapping[str, Any]]:
    """Return the commands that wait, newest first."""
    answer = await console.dispatch.get("/v1/approvals", {"status": "waiting"})
    return answer.body["approvals"] if answer.is_done else ()


async def _actor_of(console: Console, approval: str) -> str | None:
    """Return who gave the commands of an approval; None for an unknown one."""
    if (known := uuid_of(approval)) is None:
        return None
    cursor = str(UUID(int=min(known.int + 1, 2**128 - 1)))  # of the page that begins with it
    answer = await console.dispatch.get("/v1/approvals", {"after": cursor, "limit": "1"})
    found = answer.body["approvals"] if answer.is_done else ()
    return next((one["actor"] for one in found if one["approval_id"] == str(known)), None)


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
        actor = await _actor_of(console, approval)
        if actor is None:
            return await shown(request, person, status=404, problem="unknown_approval")
        if await console.store.depend_on_each_other(person.name, actor):
            console.access.log_refusal(request, "same_person")
            return await shown(request, person, status=403, problem="same_person")
        answer = await console.dispatch.post(f"/v1/approvals/{approval}/{decision}", person, {})
        if not answer.is_done:
            return await shown(request, person, status=answer.status, problem=answer.problem)
        await console.record(person, f"approval_{decision}", approval)
        raise web.HTTPSeeOther(case_path(fields["case"]) if fields.get("case") else PATH)

    return [
        web.get(PATH, console.page(Role.SUPERVISOR, shown)),
        web.post(PATH, console.page(Role.SUPERVISOR, decide)),
    ]
