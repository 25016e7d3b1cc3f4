"""People and the audit: accounts, roles and sessions, and who did what."""

from collections.abc import Mapping, Sequence
from functools import partial

from aiohttp import web

from console.access import HOME
from console.pages.parts import Console
from console.passwords import new_hash, one_time_password
from console.roles import ROLE_NAMES, Role, role_of
from console.store import Person, add_person

_PATH = f"{HOME}/people"
_MAX_NAME = 100
_NEWEST = 2**63 - 1
_MAX_DIGITS = 18


class _RefusedError(Exception):
    """The form cannot be followed; the reason is a name that the page knows."""


def people_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of people and of the audit."""
    return [
        web.get(_PATH, console.page(Role.ADMIN, partial(_show, console))),
        web.post(_PATH, console.page(Role.ADMIN, partial(_change, console))),
        web.get(f"{HOME}/audit", console.page(Role.ADMIN, partial(_audit, console))),
    ]


async def _show(
    console: Console, request: web.Request, person: Person, **shown: str
) -> web.StreamResponse:
    return console.site.page(
        request,
        "people",
        person,
        status=422 if shown.get("error") else 200,
        people=await console.store.people(),
        role_names=ROLE_NAMES,
        **{"error": "", "password": "", "name": "", **shown},
    )


async def _change(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    fields = await console.form(request, person)
    console.access.step_up(person, _PATH)
    name = fields.get("name", "").strip()
    try:
        if fields.get("action") == "add":
            password = await _add(console, name, fields)
        else:
            password = await _change_other(console, person, name, fields)
    except _RefusedError as refused:
        return await _show(console, request, person, error=str(refused))
    await console.record(person, f"person_{fields['action']}", name)
    if password:
        return await _show(console, request, person, password=password, name=name)
    return web.HTTPSeeOther(_PATH)


async def _add(console: Console, name: str, fields: Mapping[str, str]) -> str:
    """Add a person; return the one-time password."""
    if not name.isprintable() or not 1 <= len(name) <= _MAX_NAME:
        raise _RefusedError("name")
    password = one_time_password()
    if not await add_person(console.store.pool, name, _role(fields), password):
        raise _RefusedError("taken")
    return password


async def _change_other(
    console: Console, person: Person, name: str, fields: Mapping[str, str]
) -> str:
    """Change somebody else's account; return the new one-time password, or an empty text."""
    if name == person.name:
        raise _RefusedError("yourself")
    store, password = console.store, ""
    match fields.get("action"):
        case "password":
            password = one_time_password()
            await store.set_password(name, await new_hash(password), by_owner=False)
        case "role":
            await store.set_role(name, _role(fields))
        case "end":
            await store.end_sessions(name)
        case "stop" | "restore" as action:
            await store.set_active(name, is_active=action == "restore")
        case _:
            raise _RefusedError("action")
    return password


def _role(fields: Mapping[str, str]) -> Role:
    try:
        return role_of(fields.get("role", ""))
    except ValueError:
        raise _RefusedError("role") from None


async def _audit(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    before = request.query.get("before", "")
    number = int(before) if before.isdecimal() and len(before) <= _MAX_DIGITS else _NEWEST
    entries = await console.store.audit(number, request.query.get("name", ""))
    return console.site.page(request, "audit", person, entries=entries)
