"""Log in, log out, and the person's own page."""

from collections.abc import Mapping, Sequence
from functools import partial

from aiohttp import web

from console.access import (
    AGAIN,
    HOME,
    LOGIN,
    LOGIN_AT_PROVIDER,
    LOGOUT,
    ME,
    RETRY_AFTER_S,
    SESSION,
    ForbiddenError,
    TooManyTriesError,
    safe_next,
    see_other,
)
from console.letters import FIELD, BadLettersError, own_letters
from console.oidc import OidcLogin
from console.oidc_provider import BadLoginError, ProviderDownError
from console.pages.parts import Console, bureaus_of
from console.passkeys import BadPasskeyError
from console.passwords import MAX_LENGTH, MIN_LENGTH, new_hash
from console.roles import Role
from console.store import Person

_MAX_CODE = 100


def login_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of log-in, log-out and of the own page."""
    return [
        *(_provider_routes(console, console.access.oidc) if console.access.oidc else ()),
        web.get(LOGIN, console.with_failures(partial(_show_login, console))),
        web.post(LOGIN, console.with_failures(partial(_log_in, console))),
        web.post(LOGOUT, console.page(Role.VIEWER, partial(_log_out, console))),
        web.get(ME, console.page(Role.VIEWER, partial(_show_me, console))),
        web.post(ME, console.page(Role.VIEWER, partial(_change_me, console))),
    ]


def _provider_routes(console: Console, oidc: OidcLogin) -> Sequence[web.RouteDef]:
    """Return the routes of log-in at the city's own provider."""
    begin, end = partial(_go_to_provider, console, oidc), partial(_come_back, console, oidc)
    return [
        web.get(LOGIN_AT_PROVIDER, console.with_failures(begin)),
        web.get(f"{LOGIN_AT_PROVIDER}/callback", console.with_failures(end)),
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
        return _too_many(console, request, wanted)
    if token is None:
        return _login_page(console, request, wanted, "wrong", 401)
    return _logged_in(console, token, wanted)


def _logged_in(console: Console, token: str, wanted: str) -> web.StreamResponse:
    response = see_other(safe_next(wanted))
    console.access.begin(response, token)
    return response


def _too_many(console: Console, request: web.Request, wanted: str) -> web.StreamResponse:
    response = _login_page(console, request, wanted, "too_many", 429)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


async def _go_to_provider(
    console: Console, oidc: OidcLogin, request: web.Request
) -> web.StreamResponse:
    token, wanted = console.access.login_token(request), request.query.get("next", HOME)
    try:
        address = await oidc.start(token, wanted, again=AGAIN in request.query)
    except ProviderDownError:
        return _login_page(console, request, wanted, "provider_down", 502)
    response = see_other(address)
    console.access.keep_login_token(response, token)
    return response


async def _come_back(console: Console, oidc: OidcLogin, request: web.Request) -> web.StreamResponse:
    try:
        token, wanted = await console.access.log_in_by_oidc(request, oidc)
    except TooManyTriesError:
        return _too_many(console, request, HOME)
    except ProviderDownError:
        return _login_page(console, request, HOME, "provider_down", 502)
    except BadLoginError as error:
        return _login_page(console, request, HOME, str(error), 403)
    return _logged_in(console, token, wanted)


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
        has_provider=console.access.oidc is not None,
        next=safe_next(wanted),
        error=error or (AGAIN if AGAIN in request.query else ""),
    )
    console.access.keep_login_token(response, token)
    return response


async def _log_out(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    await console.form(request, person)
    await console.store.end_session(person.session_id)
    await console.record(person, "logout")
    response = see_other(LOGIN)
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
        bureaus=await bureaus_of(console, console.city),
        letters={**person.letters, **shown},
        passkeys=await console.store.passkeys_of(person.name),
        options=console.access.passkeys.creation_options(person.name, person.form_token),
    )


async def _change_me(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    fields = await console.form(request, person)
    if "keys" in fields or "team" in fields:
        return await _choose(console, request, person, fields)
    if person.is_at_provider:
        raise ForbiddenError
    if credential := fields.get("credential"):
        return await _add_passkey(console, request, person, credential)
    return await _change_password(console, request, person, fields)


async def _change_password(
    console: Console, request: web.Request, person: Person, fields: Mapping[str, str]
) -> web.StreamResponse:
    old, new = fields.get("old", "")[:MAX_LENGTH], fields.get("new", "")
    if not MIN_LENGTH <= len(new) <= MAX_LENGTH:
        return await _show_me(console, request, person, "length")
    try:
        if not await console.access.is_own_password(request, person, old):
            return await _show_me(console, request, person, "wrong")
    except TooManyTriesError:
        return await _show_me(console, request, person, "too_many")
    if new == old:
        return await _show_me(console, request, person, "same")
    await console.store.set_password(person.name, await new_hash(new), by_owner=True)
    await console.record(person, "password_changed")
    return await _with_new_session(console, person, HOME)


async def _with_new_session(console: Console, person: Person, path: str) -> web.StreamResponse:
    """Go on to a path in a session that has just begun."""
    response = see_other(path)
    if token := await console.store.begin_session(person.name):
        console.access.begin(response, token)
    return response


async def _choose(
    console: Console, request: web.Request, person: Person, fields: Mapping[str, str]
) -> web.StreamResponse:
    """Set the person's team, or their keys."""
    if "team" in fields:
        await console.preferences.set_team(person.name, fields["team"][:_MAX_CODE])
        return see_other(ME)
    try:
        letters = {} if "usual" in fields else own_letters({**_fields_of(person), **fields})
    except BadLettersError as bad:
        typed = {name.removeprefix(FIELD): key for name, key in fields.items()}
        return await _show_me(console, request, person, f"letter_{bad}", **typed)
    await console.preferences.set_keys(person.name, fields["keys"])
    await console.preferences.set_letters(person.name, letters)
    return see_other(ME)


def _fields_of(person: Person) -> Mapping[str, str]:
    return {FIELD + action: letter for action, letter in person.letters.items()}


async def _add_passkey(
    console: Console, request: web.Request, person: Person, credential: str
) -> web.StreamResponse:
    console.access.step_up(person, ME)
    try:
        passkey = console.access.passkeys.registered(credential, person.form_token)
    except BadPasskeyError:
        return await _show_me(console, request, person, "passkey")
    await console.store.add_passkey(person.name, passkey)
    await console.store.end_sessions(person.name)  # one may be a thief's
    await console.record(person, "passkey_added")
    return await _with_new_session(console, person, ME)
