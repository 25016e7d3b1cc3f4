"""Split and merge: both sides with texts, photos and points, before the command is given."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web

from console.access import HOME
from console.pages.case import last_event
from console.pages.commands import case_url
from console.pages.map import TILES, with_map
from console.pages.parts import Console, uuid_of
from console.store import Person
from shared.staff_roles import Role

Case = Mapping[str, Any]


def side_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of both pages."""

    async def split(request: web.Request, person: Person) -> web.StreamResponse:
        case = await _case(console, request.match_info["case_id"])
        wanted = request.query.get("request_id", "")
        requests = case["requests"] if case else ()
        goes = [one for one in requests if one["request_id"] == wanted]
        stays = [one for one in requests if one["request_id"] != wanted]
        other = {**case, "requests": goes} if case and goes and stays else None
        return page(request, person, case and {**case, "requests": stays}, other, "split_request")

    async def merge(request: web.Request, person: Person) -> web.StreamResponse:
        case = await _case(console, request.match_info["case_id"])
        other = await _found(console, request.query.get("into_case", ""))
        is_same = case and other and case["case_id"] == other["case_id"]
        return page(request, person, case, None if is_same else other, "merge_case")

    def page(
        request: web.Request, person: Person, case: Case | None, other: Case | None, command: str
    ) -> web.Response:
        if case is None:
            return console.site.page(request, "problem", person, status=404, problem="unknown_case")
        shown = console.site.page(
            request,
            "sides",
            person,
            status=200 if other else 404,
            case=case,
            other=other,
            command=command,
            matched=across(case, other) if other else (),
            since=last_event(case["history"]),
            view=request.query.get("view", ""),
            tiles=TILES if console.intake else "",
        )
        return with_map(shown)

    case = f"{HOME}/cases/{{case_id}}"
    return [
        web.get(f"{case}/split", console.page(Role.DISPATCHER, split)),
        web.get(f"{case}/merge", console.page(Role.DISPATCHER, merge)),
    ]


def across(case: Case, other: Case) -> Sequence[Mapping[str, Any]]:
    """Return the requests that triage matched with one of the other side."""
    sides = [(case, other), (other, case)]
    return [
        request
        for one, opposite in sides
        for request in one["requests"]
        if request["duplicate"]
        and request["duplicate"]["of_request"] in {r["request_id"] for r in opposite["requests"]}
    ]


async def _case(console: Console, case_id: str) -> Case | None:
    answer = await console.dispatch.get(case_url(case_id))
    return answer.body if answer.is_done else None


async def _found(console: Console, words: str) -> Case | None:
    """Return the case of an id, of the address of its page, or of a tracking number."""
    last = words.partition("?")[0].rstrip("/").rpartition("/")[2].strip()
    if uuid_of(last):
        return await _case(console, quote(last, safe=""))
    answer = await console.dispatch.get("/v1/cases", {"q": last, "limit": "2"})
    cases = answer.body["cases"] if answer.is_done else []
    return await _case(console, cases[0]["case_id"]) if len(cases) == 1 else None
