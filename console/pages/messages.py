"""Messages to residents that were not sent, and the decision about held ones."""

from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.api import ServiceApi
from console.pages.parts import Console
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/messages"
_HELD = "held"
_PER_PAGE = "50"
_DECISIONS = frozenset({"release", "drop"})


def message_routes(console: Console, notify: ServiceApi) -> Sequence[web.RouteDef]:
    """Return the routes of messages."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        state, after = request.query.get("state", _HELD), request.query.get("after", "")
        query = {"state": state, "limit": _PER_PAGE, **({"after": after} if after else {})}
        found = await notify.get("/v1/messages", query)
        held = (await notify.get("/v1/messages/held")).body["held"] if state == _HELD else ()
        return console.site.page(
            request,
            "messages",
            person,
            status=status if found.is_done else found.status,
            problem=problem if found.is_done else found.problem,
            state=state,
            held=held,
            messages=found.body.get("messages", ()),
            older=found.body["next"] if found.body.get("more") else "",
        )

    async def decide(request: web.Request, person: Person) -> web.StreamResponse:
        fields = await console.form(request, person)
        decision, contact = fields.get("command", ""), fields.get("contact", "")
        if decision not in _DECISIONS:
            raise ForbiddenError
        held = f"/v1/messages/held/{quote(contact, safe='')}"
        answer = await notify.act(f"{held}/{decision}", person)
        if not answer.is_done:
            return await shown(request, person, status=answer.status, problem=answer.problem)
        await console.record(person, f"messages_{decision}", f"{contact} {answer.body['count']}")
        raise web.HTTPSeeOther(PATH)

    return [
        web.get(PATH, console.page(Role.SUPERVISOR, shown)),
        web.post(PATH, console.page(Role.SUPERVISOR, decide)),
    ]
