"""Authentication and rate limits of HTTP callers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Self

from aiohttp import web

from shared.errors import SystemicError
from shared.runtime.http.addresses import Network, address_of
from shared.runtime.http.api_keys import ApiKeyCache, Principal, Scope, authenticate
from shared.runtime.http.deadline import Deadline, database_unavailable
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE, KEY_RATE
from shared.runtime.http.timed_connection import TimedConnection
from shared.runtime.ops.audit import access_refused, authentication_failed
from shared.runtime.postgres import Pool

ADAPTER: Scope = "adapter"
BUREAU: Scope = "bureau"
OPERATOR: Scope = "operator"
_ADDRESS_BURST_S = 5.0
_IS_KNOWN = web.RequestKey("IS_KNOWN", bool)
_ARTICLES: Mapping[Scope, str] = MappingProxyType(
    {ADAPTER: "an adapter", BUREAU: "a bureau", OPERATOR: "an operator"}
)


class RefusedError(Exception):
    """The call gets an error response."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def forbidden(request: web.Request, who: str, reason: str, response: web.Response) -> RefusedError:
    """Log a call that its known caller may not make; return the error for it.

    Args:
        who: Name of a key or of a person of the staff; empty for a stranger.
        reason: A code for the log.
    """
    resource = request.match_info.route.resource
    route = f"{request.method} {resource.canonical if resource else ''}"
    access_refused(request.remote, reason, who=who, route=route)
    return RefusedError(response)


@dataclass(frozen=True, slots=True)
class Callers:
    """Authenticates callers and limits their rates.

    A caller with a valid key is limited by its name. Every other one is limited by its address, and
    so is the first call with a new key: a lookup costs a database query.

    Methods that return a caller raise RefusedError for other callers and above a limit, and
    SystemicError when the key could not be looked up in time. They read the head of the request
    alone.

    Attributes:
        by_bureau: Limits of uploads per bureau.
    """

    keys: ApiKeyCache
    by_key: TokenBuckets
    by_bureau: TokenBuckets
    by_address: TokenBuckets
    proxies: Sequence[Network] = ()

    @classmethod
    def of(
        cls,
        pool: Pool,
        *,
        key_per_second: int,
        address_per_second: int,
        proxies: Sequence[Network],
        bureau_per_second: int | None = None,
    ) -> Self:
        """Return callers with keys of the service's database.

        Args:
            key_per_second: Calls per name of a key.
            address_per_second: Calls per address without a valid key; bursts of five times as many.
            bureau_per_second: Uploads per bureau; by default its calls count by its key.
        """
        by_key = TokenBuckets(key_per_second)
        return cls(
            keys=ApiKeyCache(partial(authenticate, pool)),
            by_key=by_key,
            by_bureau=TokenBuckets(bureau_per_second) if bureau_per_second else by_key,
            by_address=TokenBuckets(address_per_second, burst_s=_ADDRESS_BURST_S),
            proxies=proxies,
        )

    async def adapter(
        self, request: web.Request, *, is_counted: bool, authorization: str | None = None
    ) -> str:
        """Return the name of the calling adapter.

        Args:
            is_counted: True when the gate has counted the call.
            authorization: Replaces the header where the key came elsewhere.
        """
        given = authorization or authorization_of(request)
        adapter = await self._caller(request, given, ADAPTER)
        if not is_counted:
            self._count(adapter)
        return adapter.name

    async def uploader(self, request: web.Request, *, is_counted: bool) -> Principal:
        """Return the calling adapter or bureau."""
        uploader = await self._caller(request, authorization_of(request), ADAPTER, BUREAU)
        if not is_counted:
            self._count(uploader)
        return uploader

    async def operator(self, request: web.Request) -> str:
        """Return the name of the calling operator."""
        return (await self.caller(request, OPERATOR)).name

    async def caller(self, request: web.Request, *scopes: Scope) -> Principal:
        """Return the caller with a key of one of these scopes."""
        principal = await self._caller(request, authorization_of(request), *scopes)
        self._count(principal)
        return principal

    def try_count(self, caller: Principal) -> bool:
        """Count a call; return False above the limit. A bureau has a limit of its own."""
        limits = self.by_bureau if caller.scope == BUREAU else self.by_key
        return limits.try_take(caller.name)

    async def look_up_refusal(self, request: web.Request) -> web.Response | None:
        """Return the response for a caller above its limit or without identification."""
        try:
            authorization = authorization_of(request)
            principal = await self._principal(request, authorization) if authorization else None
        except RefusedError as refused:
            return refused.response
        except SystemicError as error:
            return database_unavailable("Retry in a moment.", error)
        if principal is not None:
            return None if self.by_key.try_take(principal.name) else KEY_RATE.response()
        if authorization or self.by_address.try_take(self.address(request)):
            return None
        return ADDRESS_RATE.response()

    def charge(self, request: web.Request, tokens: int = 1) -> None:
        """Take tokens of an unauthenticated caller's address; RefusedError if there are fewer."""
        if not self.by_address.try_take(self.address(request), tokens):
            raise RefusedError(ADDRESS_RATE.response())

    def refund(self, request: web.Request) -> None:
        """Refund the token of a caller who was authenticated later."""
        self.by_address.give_back(self.address(request))

    def address(self, request: web.Request) -> str:
        """Return the caller's address for rate limits."""
        return address_of(request, self.proxies)

    async def _caller(self, request: web.Request, authorization: str, *scopes: Scope) -> Principal:
        principal = await self._principal(request, authorization)
        wanted = " or ".join(map(_ARTICLES.__getitem__, scopes))
        if principal is None:
            authentication_failed(self.address(request), "unknown_key")
            advice = f"Send the key of {wanted}: Authorization: Bearer <key>."
            headers = {"WWW-Authenticate": "Bearer"}
            raise RefusedError(problem_response(401, "Unknown key", advice, headers=headers))
        if principal.scope not in scopes:
            authentication_failed(self.address(request), f"scope_{principal.scope}")
            raise RefusedError(problem_response(403, f"Not {wanted}", f"Use the key of {wanted}."))
        return principal

    async def _principal(self, request: web.Request, authorization: str) -> Principal | None:
        if not self.keys.was_valid(authorization):
            self.charge(request)
        principal = await Deadline().wait_for(self.keys.principal(authorization))
        if principal:
            request[_IS_KNOWN] = True
            if isinstance(request.protocol, TimedConnection):
                request.protocol.is_known = True
        return principal

    def _count(self, caller: Principal) -> None:
        if not self.try_count(caller):
            raise RefusedError(KEY_RATE.response())


def is_known(request: web.Request) -> bool:
    """Return True once the caller's key was found valid for this request."""
    return _IS_KNOWN in request


def authorization_of(request: web.Request) -> str:
    """Return the ``Authorization`` header; empty without one."""
    return request.headers.get("Authorization", "")


@dataclass(frozen=True, slots=True)
class BureauAccess:
    """Authorizes calls per bureau; raises RefusedError for callers without the right."""

    callers: Callers
    bureaus: Collection[str]

    async def bureau(self, request: web.Request) -> str:
        """Return the code of the calling bureau."""
        return (await self.callers.caller(request, BUREAU)).name

    async def own(self, request: web.Request) -> str:
        """Return the code in the path, which must be that of the calling bureau."""
        return self._checked(request, await self.bureau(request))

    async def own_or_operator(self, request: web.Request) -> str:
        """Return the code in the path, for that bureau or an operator."""
        caller = await self.callers.caller(request, BUREAU, OPERATOR)
        return self._checked(request, caller.name if caller.scope == BUREAU else None)

    async def operator(self, request: web.Request) -> tuple[str, str]:
        """Return the code in the path, and the name of the calling operator."""
        operator = await self.callers.operator(request)
        return self._checked(request, None), operator

    def _checked(self, request: web.Request, caller: str | None) -> str:
        code = request.match_info["code"]
        if caller is not None and caller != code:
            detail = "The path names another bureau. Use your own code."
            answer = problem_response(403, "Another bureau's", detail)
            raise forbidden(request, caller, "anothers_bureau", answer)
        if code not in self.bureaus:
            detail = "There is no bureau with this code. The codes are in the catalogue."
            raise RefusedError(problem_response(404, "No such bureau", detail))
        return code
