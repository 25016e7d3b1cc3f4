"""The queue: open cases, urgent first, with filters that stand in the URL."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, get_args
from urllib.parse import urlencode

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.pages.parts import Console
from console.preferences import SavedView
from console.store import Person
from shared.staff_roles import Role
from shared.vocabulary import CLOSED_STATUSES, CaseStatus

_PER_PAGE = "50"
_MAX_LABEL = 60
FILTERS = (
    "status",
    "priority",
    "bureau",
    "kind",
    "district",
    "q",
    "surge",
    "overdue",
    "assignee",
    "unsure",
    "language",
    "channel",
    "held",
    "bbox",
    "since",
    "until",
    "order",
    "after",
)
OPEN = ",".join(status for status in get_args(CaseStatus) if status not in CLOSED_STATUSES)


def view_of(query: Mapping[str, str]) -> dict[str, str]:
    """Return the filters of a view that differ from the queue's own, in a fixed order."""
    return {name: query[name] for name in FILTERS if query.get(name)}


def api_query(view: Mapping[str, str]) -> dict[str, str]:
    """Return the query of the operators' API for a view: closed and held cases are hidden."""
    shown = {"order": "urgent", "status": OPEN, "held": "false"}
    return {**shown, **view, "limit": _PER_PAGE, "counts": "true"}


def query_of(view: Mapping[str, str]) -> str:
    """Return the query of a view's first page."""
    return urlencode({name: value for name, value in view.items() if name != "after"})


async def _held_urgent(console: Console, view: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Return the P1 cases on hold that a view would hide: nobody may forget one."""
    if view.keys() & {"held", "after"} or "P1" not in view.get("priority", "P1"):
        return ()
    query = api_query({**view, "held": "true", "priority": "P1"})
    answer = await console.dispatch.get("/v1/cases", query)
    return answer.body["cases"] if answer.is_done else ()


def queue_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of the queue and of its saved views."""

    async def show(
        request: web.Request, person: Person, *, problem: str = ""
    ) -> web.StreamResponse:
        view = view_of(request.query)
        answer, held, views = await asyncio.gather(
            console.dispatch.get("/v1/cases", api_query(view)),
            _held_urgent(console, view),
            console.preferences.views(person.name),
        )
        if not answer.is_done:
            return console.refused(request, person, answer)
        found = answer.body
        older = urlencode({**view, "after": found["next"]}) if found["more"] else ""
        return console.site.page(
            request,
            "queue",
            person,
            cases=[*held, *found["cases"]],
            total=found["total"] + len(held),
            view=view,
            view_query=query_of(view),
            older=older,
            views=views,
            problem=problem,
            status=422 if problem else 200,
        )

    async def change_views(request: web.Request, person: Person) -> web.StreamResponse:
        fields = await console.form(request, person)
        label, query = fields.get("label", "").strip(), view_of(request.query)
        match fields.get("command"):
            case "save_view":
                if not label.isprintable() or not 1 <= len(label) <= _MAX_LABEL:
                    return await show(request, person, problem="label")
                if not await console.preferences.save_view(
                    person.name, SavedView(label, query_of(query))
                ):
                    return await show(request, person, problem="too_many_views")
            case "delete_view":
                await console.preferences.delete_view(person.name, label)
            case _:
                raise ForbiddenError
        raise web.HTTPSeeOther(f"{HOME}?{query_of(query)}")

    return [
        web.get(HOME, console.page(Role.VIEWER, show)),
        web.post(HOME, console.page(Role.VIEWER, change_views)),
    ]
