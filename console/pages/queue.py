"""The queue: open cases, urgent first, with filters that stand in the URL."""

from collections.abc import Mapping, Sequence
from typing import get_args
from urllib.parse import urlencode

from aiohttp import web

from console.access import HOME
from console.pages.parts import Console
from console.roles import Role
from console.store import Person
from shared.vocabulary import CLOSED_STATUSES, CaseStatus

_PER_PAGE = "50"
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


def queue_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the route of the queue."""

    async def show(request: web.Request, person: Person) -> web.StreamResponse:
        view = view_of(request.query)
        answer = await console.dispatch.get("/v1/cases", api_query(view))
        if not answer.is_done:
            return console.site.page(
                request, "problem", person, status=answer.status, problem=answer.problem
            )
        found = answer.body
        older = urlencode({**view, "after": found["next"]}) if found["more"] else ""
        return console.site.page(
            request,
            "queue",
            person,
            cases=found["cases"],
            total=found["total"],
            view=view,
            view_query=urlencode({k: v for k, v in view.items() if k != "after"}),
            older=older,
        )

    return [web.get(HOME, console.page(Role.VIEWER, show))]
