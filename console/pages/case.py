"""A case: all that is known of it, and the commands about it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from aiohttp import web

from console.access import HOME
from console.dispatch import ApiAnswer
from console.pages.parts import Console
from console.pages.queue import api_query, view_of
from console.roles import Role
from console.store import Person

# Fields of a command beside its reason, and the smallest role that may give it.
COMMANDS: Mapping[str, tuple[Sequence[str], Role]] = MappingProxyType(
    {
        "acknowledge": ((), Role.DISPATCHER),
        "raise_priority": (("level",), Role.DISPATCHER),
        "lower_priority": (("level",), Role.DISPATCHER),
        "transfer": (("bureau",), Role.DISPATCHER),
        "assign": (("assignee",), Role.DISPATCHER),
        "change_kind": (("service_code",), Role.DISPATCHER),
        "hold": (("until",), Role.DISPATCHER),
        "split_request": (("request_id",), Role.DISPATCHER),
        "merge_case": (("into_case",), Role.DISPATCHER),
        "note": (("text",), Role.AGENT),
        "answer": (("text",), Role.AGENT),
        "ask": (("text",), Role.DISPATCHER),
        "close": (("status", "note"), Role.DISPATCHER),
        "reopen": ((), Role.DISPATCHER),
    }
)
_CLOSED = frozenset({"completed", "declined", "referred"})


def case_path(case_id: str) -> str:
    """Return the path of a case's page."""
    return f"{HOME}/cases/{quote(case_id, safe='')}"


def case_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of a case."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        case_id = request.match_info["case_id"]
        answer = await console.dispatch.get(f"/v1/cases/{quote(case_id, safe='')}")
        if not answer.is_done:
            return console.site.page(request, "problem", person, status=404, problem="unknown_case")
        bureaus = await console.dispatch.get("/v1/bureaus")
        kinds = await console.dispatch.get("/v1/kinds")
        return console.site.page(
            request,
            "case",
            person,
            status=status,
            case=answer.body,
            is_closed=answer.body["status"] in _CLOSED,
            bureaus=bureaus.body["bureaus"] if bureaus.is_done else (),
            kinds=kinds.body["kinds"] if kinds.is_done else (),
            view=request.query.get("view", ""),
            problem=problem,
        )

    async def show(request: web.Request, person: Person) -> web.StreamResponse:
        return await shown(request, person)

    async def command(request: web.Request, person: Person) -> web.StreamResponse:
        case_id = request.match_info["case_id"]
        fields = await console.form(request, person)
        name = fields.get("command", "")
        known, role = COMMANDS.get(name, ((), Role.ADMIN))
        if name not in COMMANDS or person.role < role:
            return await shown(request, person, status=403, problem="forbidden")
        answer = await console.dispatch.post(
            f"/v1/cases/{quote(case_id, safe='')}/commands", person, _body(name, fields, known)
        )
        if not answer.is_done:
            return await shown(request, person, status=answer.status, problem=_problem(answer))
        await console.record(person, name, case_id)
        raise web.HTTPSeeOther(await _next(console, case_id, request.query.get("view")))

    return [
        web.get(f"{HOME}/cases/{{case_id}}", console.page(Role.VIEWER, show)),
        web.post(f"{HOME}/cases/{{case_id}}", console.page(Role.VIEWER, command)),
    ]


def _body(name: str, fields: Mapping[str, str], known: Sequence[str]) -> dict[str, Any]:
    """Return the command as the API wants it; an empty field is left out."""
    body: dict[str, Any] = {"command": name, "reason": fields.get("reason", "").strip() or name}
    body |= {field: fields[field] for field in known if fields.get(field)}
    if fields.get("expected_version", "").isdecimal():
        body["expected_version"] = int(fields["expected_version"])
    return body


def _problem(answer: ApiAnswer) -> str:
    faults = answer.body.get("errors") or []
    named = " ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
    return named or answer.body.get("code") or answer.body.get("title") or "refused"


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
