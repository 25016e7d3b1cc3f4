"""Who may see a page: log-in, sessions, forms of our own, roles."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from urllib.parse import quote, urlsplit

from aiohttp import web

from console.oidc import OidcLogin
from console.oidc_provider import BadLoginError, ProviderDownError
from console.passkeys import BadPasskeyError, Passkeys, credential_id_of
from console.passwords import MAX_LENGTH, is_password
from console.store import MAX_NAME, ConsoleStore, Person
from shared.runtime.http.body import urlencoded_fields
from shared.runtime.http.calls import MAX_FORM_BYTES, URLENCODED, body_of, cookie_of
from shared.runtime.http.rate_limits import LimitReachedError, OpenLimit, TokenBuckets
from shared.runtime.ops.audit import access_refused, authentication_failed
from shared.staff_roles import Role

HOME = "/console"
LOGIN = f"{HOME}/login"
LOGIN_AT_PROVIDER = f"{LOGIN}/oidc"
LOGOUT = f"{HOME}/logout"
ME = f"{HOME}/me"
_SESSION = "console"
AGAIN = "again"
_LOGIN_TOKEN = "console_login"  # noqa: S105 - the name of a cookie
FORM_ID = "form_id"
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
TRIES, TRIES_OF_NAME, TRIES_OF_ADDRESS = 5, 10, 50  # a minute
RETRY_AFTER_S = 12
_BURST_S, _BURST_OF_NAME_S = 60.0, 600.0
_PAGES_PER_SECOND, _BURST_OF_PAGES_S = 10, 5.0  # a case takes five of dispatch's 100 calls
_MOST_OPEN = 30  # pages, pictures and streams of one person
_MAX_FIELDS = 500
_NAME = web.RequestKey("NAME", str)
_UNKNOWN = datetime.fromtimestamp(0, UTC)  # of a proof that a provider does not date

Handler = Callable[[web.Request, Person], Awaitable[web.StreamResponse]]


class ForbiddenError(Exception):
    """The person's role is too small, or the form is not of this session."""


class TooManyTriesError(Exception):
    """Too many log-ins failed, of this name or from this address."""


@dataclass(frozen=True, slots=True)
class Access:
    """Log-in and sessions.

    Attributes:
        origin: Origin of our own pages.
        oidc: Log-in at the city's own provider; None without one.
        address_of: Address of a caller, for limits.
    """

    store: ConsoleStore
    origin: str
    passkeys: Passkeys
    oidc: OidcLogin | None
    address_of: Callable[[web.Request], str]
    _by_name_and_address: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(TRIES / _BURST_S, burst_s=_BURST_S)
    )
    _by_name: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(TRIES_OF_NAME / _BURST_S, burst_s=_BURST_OF_NAME_S)
    )
    _by_address: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(TRIES_OF_ADDRESS / _BURST_S, burst_s=_BURST_S)
    )
    _pages: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(_PAGES_PER_SECOND, burst_s=_BURST_OF_PAGES_S)
    )
    _open: OpenLimit = field(default_factory=lambda: OpenLimit(_MOST_OPEN))

    def guarded(
        self, role: Role, handler: Handler, *, is_page: bool = True
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler for people of a role, who are asked to log in first.

        Args:
            is_page: False for files and streams, of which a page may need many.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            person = await self.store.person(self.session_of(request))
            if person is None:
                wanted = request.path_qs if request.method == "GET" else HOME
                raise web.HTTPSeeOther(f"{LOGIN}?next={quote(wanted, safe='')}")
            request[_NAME] = person.name
            if person.must_set_up and request.path not in {ME, LOGOUT}:
                raise web.HTTPSeeOther(ME)
            if person.role < role:
                raise ForbiddenError("role_too_low")
            if is_page and not self._pages.try_take(person.name):
                raise LimitReachedError
            with self._open.opened(person.name):
                return await handler(request, person)

        return answer

    async def form(self, request: web.Request, token: str) -> Mapping[str, str]:
        """Return the fields of a form of ours; ForbiddenError for one of somebody else's page."""
        sent_by = request.headers.get("Origin", self.origin)
        body = await body_of(request, URLENCODED, max_bytes=MAX_FORM_BYTES)
        fields = dict(urlencoded_fields(body, _MAX_FIELDS))
        given = fields.get(FORM_TOKEN, "")
        if sent_by != self.origin or not hmac.compare_digest(given.encode(), token.encode()):
            raise ForbiddenError("foreign_form")
        return fields

    def log_refusal(self, request: web.Request, reason: str) -> None:
        """Log that somebody may not do what they tried."""
        who = request.get(_NAME, "")
        access_refused(self.address_of(request), reason, user=who, path=request.path)

    @staticmethod
    def step_up(person: Person, page: str) -> None:
        """Ask for another log-in, which leads back to the page, unless the last was just now."""
        if not person.has_just_logged_in:
            raise web.HTTPSeeOther(f"{LOGIN}?{AGAIN}=1&next={quote(page, safe='')}")

    def login_token(self, request: web.Request) -> str:
        """Return the token of the log-in form, which its cookie repeats."""
        return self._cookie(request, _LOGIN_TOKEN) or secrets.token_urlsafe(24)

    def keep_login_token(self, response: web.Response, token: str) -> None:
        """Set the cookie of the log-in form."""
        self._set_cookie(response, _LOGIN_TOKEN, token)

    async def log_in(self, request: web.Request, name: str, password: str) -> str | None:
        """Return the token of a new session; None for a wrong name or password.

        Raises:
            TooManyTriesError: Nothing was checked.
        """
        password_hash = await self._checked(request, name, password)
        return password_hash and await self._begin(
            request, name, "login", password_hash=password_hash
        )

    async def log_in_by_passkey(
        self, request: web.Request, credential: str, form_token: str
    ) -> str | None:
        """Return the token of a new session; None for an unknown or wrong passkey.

        Raises:
            TooManyTriesError: Nothing was checked.
        """
        address = self.address_of(request)
        self._take_try(address)
        try:
            name, passkey = await self.store.passkey(credential_id_of(credential))
            uses = self.passkeys.uses_after(credential, form_token, passkey)
        except BadPasskeyError:
            authentication_failed(address, "wrong_passkey")
            return None
        self._give_back(address)
        await self.store.count_passkey_use(passkey.credential_id, uses)
        return await self._begin(request, name, "login_by_passkey")

    async def log_in_by_oidc(self, request: web.Request, oidc: OidcLogin) -> tuple[str, str]:
        """Return the token of a new session and the page to go on to.

        Raises:
            BadLoginError: The provider or we let nobody in.
            ProviderDownError: The provider does not answer.
            TooManyTriesError: Nothing was checked.
        """
        address, form_token = self.address_of(request), self._cookie(request, _LOGIN_TOKEN)
        started = oidc.started(request.query.get("state", ""), form_token)  # nothing is guessed yet
        self._take_try(address)
        try:
            who = await oidc.identity(started, form_token, request.query)
            name = await self.store.name_at_provider(who.subject, who.name, who.role)
        except BadLoginError as error:
            authentication_failed(address, f"oidc_{error}")
            raise
        except ProviderDownError:
            self._give_back(address)
            raise
        self._give_back(address)
        proved_at = who.proved_at or _UNKNOWN
        token = await self._begin(request, name, "login_by_oidc", proved_at=proved_at)
        if token is None:
            raise BadLoginError("locked_out")
        return token, started.next

    async def is_own_password(self, request: web.Request, person: Person, password: str) -> bool:
        """Return True for the person's password; TooManyTriesError as at a log-in."""
        return await self._checked(request, person.name, password) is not None

    async def _checked(self, request: web.Request, name: str, password: str) -> str | None:
        """Return the hash that a password fits; None for a wrong one, which costs a try."""
        if len(name) > MAX_NAME or len(password) > MAX_LENGTH:  # nobody has such a one
            return None
        address = self.address_of(request)
        self._take_try(address, name)
        password_hash = await self.store.password_hash(name)
        if not await is_password(password, password_hash):
            known = {"user": name} if password_hash else {}  # else it may be a password
            authentication_failed(address, "wrong_password", **known)
            return None
        self._give_back(address, name)
        return password_hash

    def _take_try(self, address: str, name: str | None = None) -> None:
        """Take a try before it is checked, so that many at once count as many.

        One address takes no more tries of a name than the name gains, so that it keeps nobody out.
        """
        tries = self._tries(address, name)
        taken = list(takewhile(lambda one: one[0].try_take(one[1]), tries))
        if len(taken) < len(tries):
            for buckets, key in taken:
                buckets.give_back(key)
            authentication_failed(address, "too_many_tries")
            raise TooManyTriesError

    def _give_back(self, address: str, name: str | None = None) -> None:
        for buckets, key in self._tries(address, name):
            buckets.give_back(key)

    def _tries(self, address: str, name: str | None) -> Sequence[tuple[TokenBuckets, str]]:
        """Return what limits a try; a passkey's counts by its address alone."""
        if name is None:
            return [(self._by_address, address)]
        return [
            (self._by_address, address),
            (self._by_name_and_address, f"{address} {name}"),
            (self._by_name, name),
        ]

    async def _begin(
        self,
        request: web.Request,
        name: str,
        how: str,
        *,
        proved_at: datetime | None = None,
        password_hash: str | None = None,
    ) -> str | None:
        """Begin a session in place of the browser's earlier one, of whomever it was."""
        before = self.session_of(request)
        token = await self.store.begin_session(name, proved_at, password_hash, before=before)
        if token is not None:
            await self.store.record(name, how)
        return token

    def begin(self, response: web.Response, token: str) -> None:
        """Set the cookie of a session."""
        self._set_cookie(response, _SESSION, token)

    def end(self, response: web.Response) -> None:
        """Clear the cookie of the session, and what the browser kept of the pages."""
        self._set_cookie(response, _SESSION, "", max_age=0)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    def session_of(self, request: web.Request) -> str:
        """Return the token of the browser's session; an empty text without one."""
        return self._cookie(request, _SESSION)

    def _cookie(self, request: web.Request, name: str) -> str:
        return cookie_of(request, self._prefix + name)

    def _set_cookie(
        self, response: web.Response, name: str, value: str, max_age: int | None = None
    ) -> None:
        response.set_cookie(
            self._prefix + name,
            value,
            max_age=max_age,
            path="/" if self._prefix else HOME,
            httponly=True,
            secure=bool(self._prefix),
            samesite="Lax",
        )

    @property
    def _prefix(self) -> str:
        """What keeps other hosts of the domain from setting our cookies; https alone has it."""
        return "__Host-" if urlsplit(self.origin).scheme == "https" else ""


def see_other(address: str) -> web.Response:
    """Return the answer that sends a browser to another page."""
    return web.Response(status=303, headers={"Location": address})


def safe_next(wanted: str) -> str:
    """Return a path of the console to go on to; its first page for anything else."""
    is_ours = wanted == HOME or wanted.startswith((f"{HOME}/", f"{HOME}?"))
    return wanted if is_ours and wanted.isprintable() and "\\" not in wanted else HOME
