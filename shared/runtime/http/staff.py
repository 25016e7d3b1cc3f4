"""Staff over HTTP: roles of the console's users, and what they write into bodies.

Any other operator's key has all rights but an approval's.
"""

from typing import Annotated
from urllib.parse import unquote

from aiohttp import web
from pydantic import Field, StringConstraints

from shared.runtime.http.authentication import Callers, forbidden
from shared.runtime.http.openapi import Parameter
from shared.runtime.http.problem_details import problem_response
from shared.staff_roles import ROLE_NAMES, Role, role_of
from shared.vocabulary import CONSOLE_KEY

_NOT_BLANK = r"\S"  # so documented, and stripped before it is counted
Actor = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NOT_BLANK),
]
StaffText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000, pattern=_NOT_BLANK),
]
ROLE = "Route311-Role"
_RoleName = Annotated[str, Field(json_schema_extra={"enum": [*ROLE_NAMES]})]
ROLE_HEADER = {ROLE: Parameter("Role of the actor; the console's key alone sends it.", _RoleName)}

ACTOR = "Route311-Actor"
_MAX_NAME = 200
ACTOR_HEADER = {ACTOR: Parameter("Name of the person who acts, percent-encoded, for the audit.")}


def actor_in(request: web.Request) -> str | None:
    """Return the name of the person who acts, as the caller states it; None without one."""
    return unquote(request.headers.get(ACTOR, ""))[:_MAX_NAME] or None


async def staff_member(request: web.Request, callers: Callers, least: Role) -> str:
    """Return the name of the calling operator's key; RefusedError for a lower role."""
    operator = await callers.operator(request)
    require_role(request, operator, least)
    return operator


def require_role(request: web.Request, operator: str, least: Role) -> None:
    """Raise RefusedError where the console's user has a lower role or none, or for no role."""
    is_unknown = request.headers.get(ROLE, least.label) not in ROLE_NAMES
    if is_unknown or (operator == CONSOLE_KEY and not has_role(request, least)):
        detail = f"This needs the role {least.label} or a higher one in {ROLE}."
        answer = problem_response(403, "Role too low", detail, code="role_too_low")
        raise forbidden(request, operator, "role_too_low", answer)


def require_console(request: web.Request, operator: str, least: Role) -> None:
    """Raise RefusedError unless the console calls for a person of this role or a higher one."""
    if operator != CONSOLE_KEY or not has_role(request, least):
        detail = f"Only the console's key may do this, with {least.label} or higher in {ROLE}."
        code = f"not_{least.label}"
        answer = problem_response(403, "Not allowed", detail, code=code)
        raise forbidden(request, operator, code, answer)


def has_role(request: web.Request, least: Role) -> bool:
    """Return True when the request states this role or a higher one."""
    role = request.headers.get(ROLE)
    return role in ROLE_NAMES and role_of(role) >= least
