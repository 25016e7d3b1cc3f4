"""Surges: many reports of one kind in one district, and an order to close their cases."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from console.access import HOME
from console.pages.approvals import PATH as APPROVALS
from console.pages.parts import Console
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/surges"
_PER_PAGE = "50"
_ORDER = ("reason", "note", "status")


def surge_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of surges."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        after = request.query.get("after", "")
        query = {"limit": _PER_PAGE, **({"after": after} if after else {})}
        found = await console.dispatch.get("/v1/surges", query)
        return console.site.page(
            request,
            "surges",
            person,
            status=status if found.is_done else found.status,
            problem=problem if found.is_done else found.problem,
            surges=found.body.get("surges", ()),
            older=found.body["next"] if found.body.get("more") else "",
        )

    async def close(request: web.Request, person: Person) -> web.StreamResponse:
        fields = await console.form(request, person)
        surge_id = fields.get("surge", "")
        order = {name: fields[name] for name in _ORDER if fields.get(name)}
        answer = await console.dispatch.post(
            f"/v1/surges/{quote(surge_id, safe='')}/close", person, order
        )
        if not answer.is_done:
            return await shown(request, person, status=answer.status, problem=answer.problem)
        await console.record(person, "surge_close", surge_id)
        raise web.HTTPSeeOther(APPROVALS if answer.status == HTTPStatus.ACCEPTED else PATH)

    return [
        web.get(PATH, console.page(Role.VIEWER, shown)),
        web.post(PATH, console.page(Role.SUPERVISOR, close)),
    ]
