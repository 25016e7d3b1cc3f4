"""Outgoing calls to checked addresses, without redirects."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from shared.network_addresses import Address, Network, is_allowed
from shared.runtime.http.names import NameLookup


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


@asynccontextmanager
async def open_judged_calls(allow: Sequence[Network]) -> AsyncGenerator[JudgedCalls]:
    """Open the client for outgoing calls; the caller limits the time of each call."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
    ) as session:
        yield JudgedCalls(session, NameLookup().addresses, allow)
