"""Log in, log out, and the person's own page."""

from collections.abc import Mapping, Sequence
from functools import partial

from aiohttp import web

from console.access import (
    AGAIN,
    HOME,
    LOGIN,
    ME,
    RETRY_AFTER_S,
    SESSION,
    TooManyTriesError,
    safe_next,
)
from console.letters import FIELD, BadLettersError, own_letters
from console.pages.parts import Console, bureaus_of
from console.passkeys import BadPasskeyError
from console.passwords import MAX_LENGTH, MIN_LENGTH, is_password, new_hash
from console.roles import Role
from console.store import Person

_MAX_CODE = 100


def login_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of log-in, log-out and of the own page."""
    return [
        web.get(LOGIN, console.with_failures(partial(_show_login, console))),
        web.post(LOGIN, console.with_failures(partial(_log_in, console))),
        web.post(f"{HOME}/logout", console.page(Role.VIEWER, partial(_log_out, console))),
        web.get(ME, console.page(Role.VIEWER, partial(_show_me, console))),
        web.post(ME, console.page(Role.VIEWER, partial(_change_me, console))),
    ]


async def _show_login(console: Console, request: web.Request) -> web.StreamResponse:
    return _login_page(console, request, request.query.get("next", HOME))


async def _log_in(console: Console, request: web.Request) -> web.StreamResponse:
    access = console.access
    fields = await access.form(request, access.login_token(request))
    wanted = fields.get("next", HOME)
    name, password = fields.get("name", "")[:MAX_LENGTH], fields.get("password", "")[:MAX_LENGTH]
    try:
        if credential := fields.get("credential"):
            form_token = access.login_token(request)
            token = await access.log_in_by_passkey(request, credential, form_token)
        else:
            token = await access.log_in(request, name, password)
    except TooManyTriesError:
        response = _login_page(console, request, wanted, "too_many", 429)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response
    if token is None:
        return _login_page(console, request, wanted, "wrong", 401)
    response = web.HTTPSeeOther(safe_next(wanted))
    access.begin(response, token)
    return response


def _login_page(
    console: Console, request: web.Request, wanted: str, error: str = "", status: int = 200
) -> web.Response:
    token = console.access.login_token(request)
    response = console.site.page(
        request,
        "login",
        status=status,
        token=token,
        options=console.access.passkeys.request_options(token),
        next=safe_next(wanted),
        error=error or (AGAIN if AGAIN in request.query else ""),
    )
    console.access.keep_login_token(response, token)
    return response


async def _log_out(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    await console.form(request, person)
    await console.store.end_session(person.session_id)
    await console.record(person, "logout")
    response = web.HTTPSeeOther(LOGIN)
    response.del_cookie(SESSION, path=HOME)
    return response


async def _show_me(
    console: Console, request: web.Request, person: Person, error: str = "", **shown: str
) -> web.StreamResponse:
    return console.site.page(
        request,
        "me",
        person,
        status=422 if error else 200,
        error=error,
        min_length=MIN_LENGTH,
        bureaus=await bureaus_of(console),
        letters={**person.letters, **shown},
        passkeys=await console.store.passkeys_of(person.name),
        options=console.access.passkeys.creation_options(person.name, person.form_token),
    )


async def _change_me(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    store = console.store
    fields = await console.form(request, person)
    if "keys" in fields or "team" in fields:
        return await _choose(console, request, person, fields)
    if credential := fields.get("credential"):
        return await _add_passkey(console, request, person, credential)
    old, new = fields.get("old", "")[:MAX_LENGTH], fields.get("new", "")
    if not MIN_LENGTH <= len(new) <= MAX_LENGTH:
        return await _show_me(console, request, person, "length")
    if not await is_password(old, await store.password_hash(person.name)):
        return await _show_me(console, request, person, "wrong")
    if new == old:
        return await _show_me(console, request, person, "same")
    await store.set_password(person.name, await new_hash(new), by_owner=True)
    await console.record(person, "password_changed")
    response = web.HTTPSeeOther(HOME)
    console.access.begin(response, await store.begin_session(person.name))
    return response


async def _choose(
    console: Console, request: web.Request, person: Person, fields: Mapping[str, str]
) -> web.StreamResponse:
    """Set the person's team, or their keys."""
    if "team" in fields:
        await console.preferences.set_team(person.name, fields["team"][:_MAX_CODE])
        return web.HTTPSeeOther(ME)
    try:
        letters = {} if "usual" in fields else own_letters({**_fields_of(person), **fields})
    except BadLettersError as bad:
        typed = {name.removeprefix(FIELD): key for name, key in fields.items()}
        return await _show_me(console, request, person, f"letter_{bad}", **typed)
    await console.preferences.set_keys(person.name, fields["keys"])
    await console.preferences.set_letters(person.name, letters)
    return web.HTTPSeeOther(ME)


def _fields_of(person: Person) -> Mapping[str, str]:
    return {FIELD + action: letter for action, letter in person.letters.items()}


async def _add_passkey(
    console: Console, request: web.Request, person: Person, credential: str
) -> web.StreamResponse:
    try:
        passkey = console.access.passkeys.registered(credential, person.form_token)
    except BadPasskeyError:
        return await _show_me(console, request, person, "passkey")
    await console.store.add_passkey(person.name, passkey)
    await console.record(person, "passkey_added")
    return web.HTTPSeeOther(ME)
