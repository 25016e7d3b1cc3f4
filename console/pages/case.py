"""A case: all that is known of it, and the commands about it."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from aiohttp import web

from console.access import HOME
from console.api import ServiceDownError
from console.pages.approvals import waiting_approvals
from console.pages.commands import case_path, case_url, give_command
from console.pages.map import TILES, with_map
from console.pages.parts import Console, bureaus_of, kinds_of
from console.pages.queue import OPEN, api_query, view_of
from console.store import Person
from shared.staff_roles import Role
from shared.vocabulary import CLOSED_STATUSES

_MOST_MESSAGES = "50"
_MOST_NEAR = "6"
_TOLD = re.compile(
    r"^(?:Answer to residents|Question to residents|Public note): (.*?)(?=\nApproved by: |\Z)",
    re.MULTILINE | re.DOTALL,
)
_STEPS = {"next": 1, "previous": -1}
_NEAR_DEGREES = 0.002  # about 200 m


def case_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of a case."""

    async def shown(
        request: web.Request,
        person: Person,
        *,
        status: int = 200,
        problem: str = "",
        since: str = "",
    ) -> web.StreamResponse:
        case_id = request.match_info["case_id"]
        answer = await console.dispatch.get(case_url(case_id))
        if not answer.is_done:
            return console.site.page(request, "problem", person, status=404, problem="unknown_case")
        case = answer.body
        others = await console.presence.seen_with(UUID(case["case_id"]), person)
        bureaus, kinds, waiting, messages, near, earlier = await asyncio.gather(
            bureaus_of(console, case["jurisdiction"]),
            kinds_of(console, case["jurisdiction"]),
            waiting_approvals(console),
            _messages(console, case_id),
            _near(console, case),
            _earlier(console, case),
        )
        page = console.site.page(
            request,
            "case",
            person,
            status=status,
            case=case,
            is_closed=case["status"] in CLOSED_STATUSES,
            bureaus=bureaus,
            kinds=kinds,
            waiting=[one for one in waiting if case_id in one["case_ids"]],
            messages=messages,
            near=near,
            earlier=earlier,
            others=others,
            joined=joined(case),
            told=told(case["history"]),
            view=request.query.get("view", ""),
            problem=problem,
            meanwhile=entries_since(case["history"], since) if since else (),
            since=last_event(case["history"]),
            tiles=TILES if console.intake else "",
        )
        return with_map(page)

    async def command(request: web.Request, person: Person) -> web.StreamResponse:
        case_id = request.match_info["case_id"]
        fields = await console.form(request, person)
        status, problem = await give_command(console, person, case_id, fields)
        if problem:
            since = fields.get("since", "") if problem == "version_conflict" else ""
            return await shown(request, person, status=status, problem=problem, since=since)
        if status == HTTPStatus.ACCEPTED:  # it waits, which the case says
            raise web.HTTPSeeOther(case_path(case_id))
        stays = fields["into_case"] if fields["command"] == "merge_case" else case_id
        raise web.HTTPSeeOther(await _next(console, stays, request.query.get("view")))

    async def neighbor(request: web.Request, _: Person) -> web.StreamResponse:
        case_id, by = request.match_info["case_id"], _STEPS[request.match_info["to"]]
        path = await _neighbor(console, case_id, request.query.get("view", ""), by)
        raise web.HTTPSeeOther(path)

    return [
        web.get(f"{HOME}/cases/{{case_id}}", console.page(Role.VIEWER, shown)),
        web.get(
            f"{HOME}/cases/{{case_id}}/{{to:next|previous}}", console.page(Role.VIEWER, neighbor)
        ),
        web.post(f"{HOME}/cases/{{case_id}}", console.page(Role.VIEWER, command)),
    ]


def joined(case: Mapping[str, Any]) -> Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return each request that triage put beside another one of the case, and that one."""
    by_id = {request["request_id"]: request for request in case["requests"]}
    matched = [one for one in case["requests"] if one["duplicate"]]
    pairs = [(one, by_id.get(one["duplicate"]["of_request"])) for one in matched]
    return [(one, other) for one, other in pairs if other]


def told(history: Sequence[Mapping[str, Any]]) -> Sequence[tuple[Mapping[str, Any], str]]:
    """Return the entries in which staff wrote to the residents, each with the words."""
    found = [
        (one, _TOLD.search(one["text"])) for one in history if one["by"].startswith("operator:")
    ]
    return [(one, words[1]) for one, words in found if words]


def last_event(history: Sequence[Mapping[str, Any]]) -> str:
    """Return the id of the last event of a history."""
    return next((one["event_id"] for one in reversed(history) if one["event_id"]), "")


def entries_since(
    history: Sequence[Mapping[str, Any]], event_id: str
) -> Sequence[Mapping[str, Any]]:
    """Return the entries after an event that are events themselves."""
    events = [one for one in history if one["event_id"]]
    ids = [one["event_id"] for one in events]
    return events[ids.index(event_id) + 1 :] if event_id in ids else ()


async def _messages(console: Console, case_id: str) -> Sequence[Mapping[str, Any]] | None:
    """Return the messages about a case, newest first; None where notify does not tell."""
    if console.notify is None:
        return None
    query = {"case_id": case_id, "limit": _MOST_MESSAGES}
    try:
        answer = await console.notify.get("/v1/messages", query)
    except ServiceDownError:
        return None
    return answer.body["messages"] if answer.is_done else None


async def _near(console: Console, case: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return other open cases near by, the most urgent first."""
    at = case["location"]
    if at["latitude"] is None or case["status"] in CLOSED_STATUSES:
        return ()
    west, east = at["longitude"] - _NEAR_DEGREES, at["longitude"] + _NEAR_DEGREES
    south, north = at["latitude"] - _NEAR_DEGREES, at["latitude"] + _NEAR_DEGREES
    box = f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"
    query = {"bbox": box, "status": OPEN, "order": "urgent", "limit": _MOST_NEAR}
    answer = await console.dispatch.get("/v1/cases", query)
    cases = answer.body["cases"] if answer.is_done else ()
    return [one for one in cases if one["case_id"] != case["case_id"]]


async def _earlier(console: Console, case: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the earlier case that may be the same problem; None without one."""
    if case["linked_case"] is None:
        return None
    answer = await console.dispatch.get(case_url(case["linked_case"]))
    return answer.body if answer.is_done else None


async def _next(console: Console, case_id: str, view: str | None) -> str:
    """Return the path of the first other case of a view, or of the view when it has none."""
    if view is None:
        return case_path(case_id)
    return _path_in(view, [one for one in await _ids_of(console, view) if one != case_id][:1])


async def _neighbor(console: Console, case_id: str, view: str, by: int) -> str:
    """Return the path of the case after or before one in a view, or of the view at its ends.

    After a case that is no longer in the view comes the first.
    """
    ids = await _ids_of(console, view)
    to = (ids.index(case_id) if case_id in ids else -1) + by
    return _path_in(view, ids[to : to + 1] if to >= 0 else ())


async def _ids_of(console: Console, view: str) -> Sequence[str]:
    """Return the ids of the cases on the first page of a view."""
    filters = view_of(dict(parse_qsl(view)))
    answer = await console.dispatch.get("/v1/cases", api_query(filters))
    return [one["case_id"] for one in answer.body["cases"]] if answer.is_done else ()


def _path_in(view: str, ids: Sequence[str]) -> str:
    """Return the path of the first of the cases, in a view; of the view without one."""
    return f"{case_path(ids[0])}?{urlencode({'view': view})}" if ids else f"{HOME}?{view}"
