"""Log in and log out."""

from collections.abc import Sequence
from functools import partial

from aiohttp import web

from console.access import (
    AGAIN,
    HOME,
    LOGIN,
    LOGIN_AT_PROVIDER,
    LOGOUT,
    RETRY_AFTER_S,
    TooManyTriesError,
    safe_next,
    see_other,
)
from console.oidc import OidcLogin
from console.oidc_provider import BadLoginError, ProviderDownError
from console.pages.parts import Console
from console.store import Person
from shared.staff_roles import Role


def login_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of log-in and log-out."""
    return [
        *(_provider_routes(console, console.access.oidc) if console.access.oidc else ()),
        web.get(LOGIN, console.with_failures(partial(_show_login, console))),
        web.post(LOGIN, console.with_failures(partial(_log_in, console))),
        web.post(LOGOUT, console.page(Role.VIEWER, partial(_log_out, console))),
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
    name, password = fields.get("name", ""), fields.get("password", "")
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
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return _login_page(console, request, wanted)  # a session begins by an act of the person
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
    console.access.end(response)
    return response
