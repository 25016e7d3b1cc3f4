"""People and the audit: accounts, roles, sessions and API keys, and who did what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import get_args

from aiohttp import web

from console.access import HOME, ForbiddenError, see_other
from console.api import ApiAnswer
from console.pages.parts import Console
from console.passwords import new_hash, one_time_password
from console.service_keys import ServiceKeys
from console.store import Person, add_person, is_name
from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import Scope
from shared.staff_roles import ROLE_NAMES, Role, role_of

_PATH = f"{HOME}/people"
_KEYS = f"{_PATH}/keys"
_NEWEST = 2**63 - 1
_MAX_DIGITS = 18
_MAX_DAYS_DIGITS = 4
# What the page says about the last order: our refusal or a service's, or a secret and whose it is.
_SAID = dict.fromkeys(("error", "problem", "password", "key", "secret_of"), "")


class _RefusedError(Exception):
    """The form cannot be followed; the reason is a name that the page knows."""


@dataclass(frozen=True, slots=True)
class People:
    """Handlers of people and of the keys of programs."""

    console: Console
    keys: ServiceKeys

    async def show(
        self, request: web.Request, person: Person, *, status: int = 200, **said: str
    ) -> web.StreamResponse:
        """List people and keys."""
        return self.console.site.page(
            request,
            "people",
            person,
            status=status,
            people=await self.console.store.people(),
            role_names=ROLE_NAMES,
            keys=await self.keys.overview(person),
            scopes=get_args(Scope),
            shown=_SAID | said,
        )

    async def change(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Add a person or change somebody's account."""
        fields = await self.console.form(request, person)
        self.console.access.step_up(person, _PATH)
        name = fields.get("name", "").strip()
        try:
            if fields.get("action") == "add":
                password = await _add(self.console, name, fields)
            else:
                password = await _change_other(self.console, person, name, fields)
        except _RefusedError as refused:
            return await self.show(request, person, status=422, error=str(refused))
        await self.console.record(person, f"person_{fields['action']}", name)
        if password:
            return await self.show(request, person, password=password, secret_of=name)
        return see_other(_PATH)

    async def change_keys(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Make a key, which is shown once, or revoke one."""
        fields = await self.console.form(request, person)
        self.console.access.step_up(person, _PATH)
        match fields.get("action"):
            case "add":
                return await self._add_key(request, person, fields)
            case "revoke":
                key_id = fields.get("key", "")
                answer = await self.keys.revoke(person, key_id)
                if not answer.is_done:
                    return await self._refused(request, person, answer)
                await self.console.record(person, "key_revoke", key_id)
                return see_other(_PATH)
            case _:
                raise ForbiddenError

    async def _add_key(
        self, request: web.Request, person: Person, fields: Mapping[str, str]
    ) -> web.StreamResponse:
        scope = next((one for one in get_args(Scope) if one == fields.get("scope")), None)
        days, name = fields.get("days", ""), fields.get("name", "").strip()
        is_term = days.isdecimal() and 1 <= len(days) <= _MAX_DAYS_DIGITS and int(days) > 0
        if scope is None or (days and not is_term):
            return await self.show(request, person, status=422, error="key")
        expires_at = utc_now() + timedelta(days=int(days)) if days else None
        key, answer = await self.keys.add(person, scope, name, expires_at)
        if not answer.is_done:
            return await self._refused(request, person, answer)
        await self.console.record(person, "key_add", f"{answer.body['id']} {scope} {name}")
        return await self.show(request, person, key=key, secret_of=name)

    async def _refused(
        self, request: web.Request, person: Person, answer: ApiAnswer
    ) -> web.StreamResponse:
        return await self.show(request, person, status=answer.status, problem=answer.problem)


def people_routes(console: Console, keys: ServiceKeys) -> Sequence[web.RouteDef]:
    """Return the routes of people, of keys and of the audit."""
    pages = People(console, keys)
    return [
        web.get(_PATH, console.page(Role.ADMIN, pages.show)),
        web.post(_PATH, console.page(Role.ADMIN, pages.change)),
        web.post(_KEYS, console.page(Role.ADMIN, pages.change_keys)),
        web.get(f"{HOME}/audit", console.page(Role.ADMIN, partial(_audit, console))),
    ]


async def _add(console: Console, name: str, fields: Mapping[str, str]) -> str:
    """Add a person; return the one-time password."""
    if not is_name(name):
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
    action = fields.get("action")
    if action in {"password", "role"} and await store.is_at_provider(name):
        raise _RefusedError("provider")
    match action:
        case "password":
            password = one_time_password()
            await store.set_password(name, await new_hash(password), by_owner=False)
        case "role":
            await store.set_role(name, _role(fields))
        case "end":
            await store.end_sessions(name)
        case "stop" | "restore":
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
