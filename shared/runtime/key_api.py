"""API keys over HTTP, for the console's admins: written once for every service that checks keys."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, StringConstraints

from shared.contract.events import Data, FieldError
from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import Scope
from shared.runtime.http.authentication import Callers, RefusedError
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    json_response,
    refuse_fields,
    validated,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.key_store import (
    SCHEMAS_OF_SCOPE,
    KeyState,
    StoredKey,
    id_of,
    insert_in,
    keys_in,
    name_fault,
    revoke_in,
)
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import ROLE_HEADER, Actor, require_console
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.ops.audit import audit
from shared.runtime.postgres import Pool
from shared.staff_roles import Role
from shared.vocabulary import CONSOLE_KEY

PATH = "/v1/keys"
KeyName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]


class ServiceKey(Data):
    """A key that this service knows; the key itself is stored nowhere."""

    id: str
    """First 8 digits of its hash."""
    name: str
    """Name of the adapter or operator, or code of the bureau."""
    scope: Scope
    """What it opens."""
    state: KeyState
    """Whether it is accepted."""
    created_at: AwareDatetime | None
    """Moment of its making, UTC; null for an old one."""
    last_used_at: AwareDatetime | None
    """Last use, to the hour, UTC; null for never."""
    expires_at: AwareDatetime | None
    """Moment from which it is not accepted, UTC; null for never."""
    revoked_at: AwareDatetime | None
    """Moment of its revocation, UTC; null for none."""


class KeyList(Data):
    """The keys of this service."""

    keys: list[ServiceKey]
    """The keys, by scope and name."""


class KeyOrder(Data):
    """An order about a key."""

    actor: Actor
    """Name of the admin for the audit, 1 to 200 characters."""


class NewServiceKey(KeyOrder):
    """A new key, by its hash; who made it knows the key, and this service never does."""

    key_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the key, in hexadecimal."""
    scope: Scope
    """What it opens."""
    name: KeyName
    """Name of the adapter or operator, or code of the bureau; `console` is refused."""
    expires_at: AwareDatetime | None = None
    """Moment from which it is not accepted; null for never."""


class KeyId(Data):
    """A key that was added or revoked."""

    id: str
    """First 8 digits of its hash."""


_REFUSED = {
    403: problem("Not the console's key with the role admin: not_admin."),
    **{status: one for status, one in KEY_REFUSALS.items() if status != 403},  # noqa: PLR2004
}
_FAULTS: Mapping[str, str] = {
    "unknown_bureau": "Write the code of a bureau of the catalogue.",
    "taken_name": "It is the name of a channel or bureau. Give the adapter another.",
    "consoles_name": "The console's own key is made by `route311 keys add operator console`.",
}
LIST_KEYS = Operation(
    "List the keys that this service knows, for an admin of the console.",
    {200: Content("The keys.", (JSON,), KeyList), **_REFUSED},
    headers=ROLE_HEADER,
    security=("operator",),
)
ADD_KEY = Operation(
    "Add a key to those that this service accepts, for an admin of the console.",
    {
        201: Content("It is accepted; so it was if it was known before.", (JSON,), KeyId),
        422: problem("Invalid body, a scope that opens nothing here, or a misleading name."),
        **JSON_REFUSALS,
        **_REFUSED,
    },
    body=Content("The key.", (JSON,), NewServiceKey),
    headers=ROLE_HEADER,
    security=("operator",),
)
REVOKE_KEY = Operation(
    "Revoke a key in this service, for an admin of the console; it is refused within 10 s.",
    {
        200: Content("It is revoked; so it may have been before.", (JSON,), KeyId),
        404: problem("This service knows no key with this id: unknown_key."),
        409: problem("It is the console's own key: consoles_key."),
        422: problem("Invalid body; errors name the fields."),
        **JSON_REFUSALS,
        **_REFUSED,
    },
    body=Content("Who revokes it.", (JSON,), KeyOrder),
    path={"key_id": Parameter("Id of the key.")},
    headers=ROLE_HEADER,
    security=("operator",),
)


def key_routes(
    callers: Callers, service: str, pool: Pool, bureaus: Collection[str] = ()
) -> list[web.RouteDef]:
    """Return the routes; ``bureaus`` are the codes that the key of a bureau may have."""

    @answers_errors("Retry in a moment.")
    async def list_keys(request: web.Request) -> web.Response:
        require_console(request, await callers.operator(request), Role.ADMIN)
        now, found = utc_now(), await Deadline().wait_for(keys_in(pool, service))
        ordered = sorted(found, key=lambda key: (key.scope, key.name, key.key_hash))
        return json_response(KeyList(keys=[_shown(key, now) for key in ordered]))

    @answers_errors("Retry in a moment; the same key is added once.")
    async def add(request: web.Request) -> web.Response:
        new = validated(NewServiceKey, await _fields(request, callers), code="invalid")
        if service not in SCHEMAS_OF_SCOPE[new.scope]:
            raise _refused_field("scope", "foreign_scope", "Such keys open nothing here.")
        own = "consoles_name" if (new.scope, new.name) == ("operator", CONSOLE_KEY) else None
        if fault := own or name_fault(new.scope, new.name, bureaus):
            raise _refused_field("name", fault, _FAULTS[fault])
        row = (new.key_hash, new.name, new.scope, new.expires_at)
        await Deadline().wait_for(insert_in(pool, service, *row))
        key_id = id_of(new.key_hash)
        audit("key_added", key=key_id, scope=new.scope, name=new.name, actor=new.actor)
        return json_response(KeyId(id=key_id), status=201)

    @answers_errors("Retry in a moment.")
    async def revoke(request: web.Request) -> web.Response:
        order = validated(KeyOrder, await _fields(request, callers), code="invalid")
        key_id = request.match_info["key_id"]
        keys = await Deadline().wait_for(keys_in(pool, service))
        found = [key for key in keys if key.key_id == key_id]
        if len(found) != 1:
            detail = f"Take the id from GET {PATH}/{service}."
            raise RefusedError(problem_response(404, "No such key", detail, code="unknown_key"))
        [key] = found
        if (key.scope, key.name) == ("operator", CONSOLE_KEY):
            detail = "Revoke the console's own key by `route311 keys revoke`."
            raise RefusedError(problem_response(409, "Own key", detail, code="consoles_key"))
        await Deadline().wait_for(revoke_in(pool, service, key.key_hash, utc_now()))
        audit("key_revoked", key=key_id, scope=key.scope, name=key.name, actor=order.actor)
        return json_response(KeyId(id=key_id))

    path = f"{PATH}/{service}"
    return [
        web.get(path, documents(list_keys, LIST_KEYS)),
        web.post(path, documents(add, ADD_KEY)),
        web.post(f"{path}/{{key_id}}/revoke", documents(revoke, REVOKE_KEY)),
    ]


async def _fields(request: web.Request, callers: Callers) -> object:
    """Return the body of an admin's order."""
    operator = await callers.operator(request)
    fields = await read_fields(request)
    require_console(request, operator, Role.ADMIN)
    return fields


def _shown(key: StoredKey, now: datetime) -> ServiceKey:
    return ServiceKey(
        id=key.key_id,
        name=key.name,
        scope=key.scope,
        state=key.state(now),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def _refused_field(field: str, code: str, message: str) -> RefusedError:
    return refuse_fields(FieldError(field=field, code=code, message=message), code="invalid")
