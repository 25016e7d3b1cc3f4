"""Rules of dispatch about roles: who gives which command, and who is a second person."""

from aiohttp import web

from shared.runtime.http.authentication import forbidden
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import ROLE, Role, is_console
from shared.vocabulary import CommandName

_OF_AGENTS: frozenset[CommandName] = frozenset({"note", "answer"})


def role_for(command: object) -> Role:
    """Return the least role that may give a command."""
    return "agent" if isinstance(command, str) and command in _OF_AGENTS else "dispatcher"


def require_second_person(request: web.Request, operator: str) -> None:
    """Raise RefusedError unless the console calls for a supervisor or an admin."""
    if not is_console(request, operator, "supervisor"):
        detail = f"Only the console's key approves, with supervisor or admin in {ROLE}."
        answer = problem_response(403, "Not a supervisor", detail, code="not_supervisor")
        raise forbidden(request, operator, "not_supervisor", answer)
