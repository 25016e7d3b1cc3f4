"""Calls to servers of others: to an address that was judged, without redirects."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from shared.network_addresses import Address, Network, is_allowed
from shared.runtime.http.names import NameLookup


class AddressNotAllowedError(Exception):
    """A host is at an address that calls may not connect to."""


@dataclass(frozen=True, slots=True)
class JudgedCalls:
    """Calls servers of others.

    The host is looked up for each call, each of its addresses is judged, and the connection goes to
    one of just these: the URL that the HTTP client gets has the address for its host.

    Attributes:
        addresses: Returns the addresses of a host.
        allow: Networks that are allowed besides the public ones.
    """

    session: aiohttp.ClientSession
    addresses: Callable[[str], Awaitable[Sequence[Address]]]
    allow: Sequence[Network]

    @asynccontextmanager
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Yield the answer to a call; a redirect is not followed.

        Args:
            url: An http or https URL.
            headers: Headers besides ``Host`` and ``User-Agent``.
            body: Body of the request; None without one.

        Raises:
            AddressNotAllowedError: The host is at another address; no connection was opened.
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
    """Open what calls servers of others; the caller limits the time of each call.

    Args:
        allow: Networks that are allowed besides the public ones.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
    ) as session:
        yield JudgedCalls(session, NameLookup().addresses, allow)
