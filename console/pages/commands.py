"""Commands about cases, as forms give them to the operators' API."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from console.access import FORM_ID, HOME
from console.pages.parts import Console, location_of, moment_of
from console.roles import Role
from console.store import Person
from console.undo import REVERSIBLE, undo_of

# Fields of a command beside its reason, and the smallest role that may give it.
COMMANDS: Mapping[str, tuple[Sequence[str], Role]] = MappingProxyType(
    {
        "acknowledge": ((), Role.DISPATCHER),
        "unacknowledge": ((), Role.DISPATCHER),
        "raise_priority": (("level",), Role.DISPATCHER),
        "lower_priority": (("level",), Role.DISPATCHER),
        "transfer": (("bureau",), Role.DISPATCHER),
        "assign": (("assignee",), Role.DISPATCHER),
        "change_kind": (("service_code",), Role.DISPATCHER),
        "change_place": (("where",), Role.DISPATCHER),
        "hold": (("until",), Role.DISPATCHER),
        "split_request": (("request_id",), Role.DISPATCHER),
        "merge_case": (("into_case",), Role.DISPATCHER),
        "note": (("text",), Role.AGENT),
        "answer": (("text",), Role.AGENT),
        "ask": (("text",), Role.DISPATCHER),
        "close": (("status", "note"), Role.DISPATCHER),
        "reopen": ((), Role.DISPATCHER),
        "erase_contact": (("request_id",), Role.DISPATCHER),
    }
)


def case_path(case_id: str) -> str:
    """Return the path of a case's page."""
    return f"{HOME}/cases/{quote(case_id, safe='')}"


def case_url(case_id: str) -> str:
    """Return the path of a case in the operators' API."""
    return f"/v1/cases/{quote(case_id, safe='')}"


async def give_command(
    console: Console, person: Person, case_id: str, fields: Mapping[str, str]
) -> tuple[int, str]:
    """Give the command of a form, and offer the way back where there is one.

    Returns status and problem, which is empty once it is done.
    """
    name = fields.get("command", "")
    if name not in COMMANDS or person.role < COMMANDS[name][1]:
        return 403, "forbidden"
    body = command_of(name, fields, ZoneInfo(console.site.timezone))
    before = await console.dispatch.get(case_url(case_id)) if name in REVERSIBLE else None
    path, form_id = f"{case_url(case_id)}/commands", fields.get(FORM_ID, "")
    answer = await console.dispatch.post(path, person, body, form_id)
    if not answer.is_done:
        return answer.status, answer.problem
    await console.record(person, name, case_id)
    undo = None
    if before and answer.status == HTTPStatus.OK:  # else it waits for a second person
        undo = undo_of(name, fields, before.body, answer.body["events"])
    await console.store.offer_undo(person.session_id, undo)
    return answer.status, ""


def command_of(name: str, fields: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return the command as the API wants it; an empty field is left out."""
    known, _ = COMMANDS[name]
    body: dict[str, Any] = {"command": name, "reason": fields.get("reason", "").strip() or name}
    body |= {field: fields[field] for field in known if fields.get(field)}
    if "where" in body:
        body["location"] = location_of(body.pop("where"))
    if "until" in body:
        body["until"] = moment_of(body["until"], zone)
    if fields.get("expected_version", "").isdecimal():
        body["expected_version"] = int(fields["expected_version"])
    return body
