"""Outgoing calls with a deadline, and their outcomes."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from threading import Thread
from typing import TypeAlias

import aiohttp
from yarl import URL

from shared.delivery_attempts import Outcome, error_of, parse_retry_after
from shared.network_addresses import Address, Network, is_allowed
from shared.runtime.clock import utc_now

_Found: TypeAlias = "asyncio.Future[Sequence[Address]]"


@dataclass(slots=True)
class NameLookup:
    """Resolves names in threads of its own, since a lookup can take long and cannot be cancelled.

    Concurrent lookups of one name are shared, so an unresponsive name server blocks one thread. The
    loop's own threads stay free for the database and the broker, and no thread delays the end of
    the process.
    """

    _running: dict[str, _Found] = field(default_factory=dict, init=False)

    async def addresses(self, host: str) -> Sequence[Address]:
        """Return the addresses of a host, the preferred one first; OSError if it has none."""
        with suppress(ValueError):
            return [ip_address(host)]
        running = self._running.get(host)
        if running is None:
            running = asyncio.get_running_loop().create_future()
            self._running[host] = running
            running.add_done_callback(partial(self._forget, host))
            Thread(target=_look_up, args=(host, running), daemon=True).start()
        return await asyncio.shield(running)

    def _forget(self, host: str, found: _Found) -> None:
        del self._running[host]
        if not found.cancelled():
            found.exception()  # retrieved, if the caller gave up


def _look_up(host: str, found: _Found) -> None:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = [ip_address(address[0]) for *_, address in entries]
    except (OSError, UnicodeError) as error:  # a label of more than 63 characters is the latter
        settle = partial(found.set_exception, socket.gaierror(f"{type(error).__name__}"))
    else:
        settle = partial(found.set_result, addresses)
    with suppress(RuntimeError):  # the loop is closed
        found.get_loop().call_soon_threadsafe(_unless_done, found, settle)


def _unless_done(found: _Found, settle: Callable[[], None]) -> None:
    if not found.done():
        settle()


class AddressNotAllowedError(Exception):
    """A host has an address that calls may not connect to."""


@dataclass(frozen=True, slots=True)
class JudgedCalls:
    """Calls to other organizations' servers.

    The host is resolved for each call, each of its addresses is checked, and the connection goes to
    one of them: the HTTP client gets a URL with the address for its host.

    Attributes:
        addresses: Resolves a host name; OSError for none.
        allow: Networks that are allowed besides the public ones.
    """

    session: aiohttp.ClientSession
    addresses: Callable[[str], Awaitable[Sequence[Address]]]
    allow: Sequence[Network]

    @asynccontextmanager
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Yield the response to a call to an http or https URL; redirects are not followed.

        Raises:
            AddressNotAllowedError: The host has another address; no connection was opened.
            OSError: The host has no address, or cannot be reached.
            aiohttp.ClientError: The call failed.
        """
        target = URL(url, encoded=True)
        found = await self.addresses(target.host or "")
        encrypted = target.scheme == "https"
        if not all(is_allowed(one, self.allow, encrypted=encrypted) for one in found):
            raise AddressNotAllowedError
        async with self.session.request(
            method,
            target.with_host(str(found[0])),
            data=body,
            headers={"Host": target.raw_authority, "User-Agent": "route311", **headers},
            server_hostname=target.host if encrypted else None,
            allow_redirects=False,
        ) as answer:
            yield answer


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # each call has its own
        auto_decompress=False,
    )


@asynccontextmanager
async def open_judged_calls(allow: Sequence[Network]) -> AsyncGenerator[JudgedCalls]:
    """Open the client for outgoing calls; the caller limits the time of each call."""
    async with _session(aiohttp.TCPConnector(force_close=True)) as session:
        yield JudgedCalls(session, NameLookup().addresses, allow)


WITHIN_S = 15.0
MAX_ANSWER = 64 * 1024
_KEPT_OPEN_S = 4.0


@dataclass(frozen=True, slots=True)
class OutgoingCalls(JudgedCalls):
    """Calls to other organizations' servers, within a deadline."""

    within_s: float = WITHIN_S

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        max_answer: int = MAX_ANSWER,
    ) -> tuple[Outcome, bytes | None]:
        """Send a request; return its outcome and the response body.

        The outcome depends on the status alone; the body is None when it did not arrive whole, or
        exceeds ``max_answer`` bytes.
        """
        began = asyncio.get_running_loop().time()
        status: int | None = None
        retry_after: str | None = None
        error: str | None = None
        content: bytes | None = None
        try:
            async with (
                asyncio.timeout(self.within_s),
                self.request(method, url, headers, body) as answer,
            ):
                status, retry_after = answer.status, answer.headers.get("Retry-After")
                content = await _read(answer, max_answer)
        except AddressNotAllowedError:
            error = "address_not_allowed"
        except TimeoutError:
            error = "timeout"
        except socket.gaierror:
            error = "name_not_found"
        except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError):
            error = "certificate"
        except (aiohttp.ClientError, OSError):
            error = "connection"
        now = utc_now()
        outcome = Outcome(
            at=now,
            duration_ms=round((asyncio.get_running_loop().time() - began) * 1000),
            status=status,
            error=error_of(status) if status is not None else error,
            retry_after=parse_retry_after(retry_after, now),
        )
        return outcome, content


@asynccontextmanager
async def open_outgoing_calls(allow: Sequence[Network]) -> AsyncGenerator[OutgoingCalls]:
    """Open a client for calls to servers of others.

    Args:
        allow: Networks that are allowed besides the public ones.
    """
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_OPEN_S)
    async with _session(connector) as session:
        yield OutgoingCalls(session, NameLookup().addresses, allow)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """Return the body; None and a closed connection when it is too long or breaks off."""
    content = bytearray()
    with suppress(aiohttp.ClientError, TimeoutError):
        while chunk := await answer.content.read(limit + 1 - len(content)):
            content += chunk
            if len(content) > limit:
                break
        else:
            return bytes(content)
    answer.close()
    return None
