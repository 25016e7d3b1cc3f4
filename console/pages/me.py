"""The person's own page: password, passkeys, sessions, keys and team."""

from collections.abc import Mapping, Sequence
from functools import partial

from aiohttp import web

from console.access import HOME, ME, ForbiddenError, TooManyTriesError, see_other
from console.letters import FIELD, BadLettersError, own_letters
from console.own_access import OwnAccess
from console.pages.parts import Console, bureaus_of
from console.passkeys import BadPasskeyError
from console.passwords import MAX_LENGTH, MIN_LENGTH, is_guessable, new_hash
from console.store import Person
from shared.staff_roles import Role

_MAX_CODE = 100


def me_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of the own page."""
    return [
        web.get(ME, console.page(Role.VIEWER, partial(_show_me, console))),
        web.post(ME, console.page(Role.VIEWER, partial(_change_me, console))),
    ]


async def _show_me(
    console: Console, request: web.Request, person: Person, error: str = "", **shown: str
) -> web.StreamResponse:
    own = OwnAccess(console.store)
    return console.site.page(
        request,
        "me",
        person,
        status=422 if error else 200,
        error=error,
        lengths=(MIN_LENGTH, MAX_LENGTH),
        bureaus=await bureaus_of(console, console.city),
        letters={**person.letters, **shown},
        passkeys=await own.passkeys(person.name),
        sessions=await own.sessions(person.name),
        options=console.access.passkeys.creation_options(person.name, person.form_token),
    )


async def _change_me(console: Console, request: web.Request, person: Person) -> web.StreamResponse:
    fields = await console.form(request, person)
    if "keys" in fields or "team" in fields:
        return await _choose(console, request, person, fields)
    if fields.get("action") == "end_others":
        await OwnAccess(console.store).end_others(person)
        await console.record(person, "sessions_ended")
        return see_other(ME)
    if person.is_at_provider:
        raise ForbiddenError
    if fields.get("action") == "remove_passkey":
        return await _remove_passkey(console, person, fields.get("passkey", ""))
    if credential := fields.get("credential"):
        return await _add_passkey(console, request, person, credential)
    return await _change_password(console, request, person, fields)


async def _change_password(
    console: Console, request: web.Request, person: Person, fields: Mapping[str, str]
) -> web.StreamResponse:
    old, new = fields.get("old", ""), fields.get("new", "")
    if not MIN_LENGTH <= len(new) <= MAX_LENGTH:
        return await _show_me(console, request, person, "length")
    try:
        if not await console.access.is_own_password(request, person, old):
            return await _show_me(console, request, person, "wrong")
    except TooManyTriesError:
        return await _show_me(console, request, person, "too_many")
    if new == old:
        return await _show_me(console, request, person, "same")
    if is_guessable(new, person.name, console.site.city, "311"):
        return await _show_me(console, request, person, "guessable")
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
    await OwnAccess(console.store).add_passkey(person.name, passkey)
    await console.record(person, "passkey_added")
    return await _with_new_session(console, person, ME)


async def _remove_passkey(console: Console, person: Person, passkey_id: str) -> web.StreamResponse:
    console.access.step_up(person, ME)
    if not await OwnAccess(console.store).remove_passkey(person.name, passkey_id):
        raise ForbiddenError
    await console.record(person, "passkey_removed")
    return await _with_new_session(console, person, ME)
