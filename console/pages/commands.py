"""Commands about cases, as forms give them to the operators' API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

from console.access import FORM_ID, HOME
from console.pages.parts import Console, location_of, moment_of
from console.store import Person
from console.undo import REVERSIBLE, undo_of
from shared.staff_roles import role_for
from shared.vocabulary import CommandName

# Fields of commands beside the reason; a form has those of its own.
_FIELDS = (
    *("level", "bureau", "assignee", "service_code", "where", "until"),
    *("request_id", "into_case", "text", "status", "note"),
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
    if name not in get_args(CommandName) or person.role < role_for(name):
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
    body: dict[str, Any] = {"command": name, "reason": fields.get("reason", "").strip() or name}
    body |= {field: fields[field] for field in _FIELDS if fields.get(field)}
    if "where" in body:
        body["location"] = location_of(body.pop("where"))
    if "until" in body:
        body["until"] = moment_of(body["until"], zone)
    if fields.get("expected_version", "").isdecimal():
        body["expected_version"] = int(fields["expected_version"])
    return body
