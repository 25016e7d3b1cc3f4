"""Calls of webhooks: to an address that was judged, signed, within 15 s."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from yarl import URL

from services.dispatch.rules.webhook_deliveries import Outcome, error_of, parse_retry_after
from services.dispatch.rules.webhook_signature import signature
from shared.network_addresses import Address, Network, is_allowed
from shared.runtime.clock import utc_now
from shared.runtime.http.names import NameLookup

WITHIN_S = 15.0
MAX_ANSWER = 64 * 1024
_KEPT_OPEN_S = 4.0
_CONTENT_TYPE = "application/cloudevents+json"


class _NotAllowedError(Exception):
    """The host is at an address that webhooks may not connect to."""


@dataclass(frozen=True, slots=True)
class WebhookCaller:
    """Calls webhooks.

    The host is looked up for each call, each of its addresses is judged, and the connection goes to
    one of just these: the URL that the HTTP client gets has the address for its host.

    Attributes:
        session: The HTTP client.
        addresses: Returns the addresses of a host.
        allow: Networks that are allowed besides the public ones.
        within_s: Seconds for a call.
    """

    session: aiohttp.ClientSession
    addresses: Callable[[str], Awaitable[Sequence[Address]]]
    allow: Sequence[Network]
    within_s: float = WITHIN_S

    async def call(self, url: str, secrets: Sequence[str], event_id: str, body: bytes) -> Outcome:
        """Send an event; return what came of it.

        Args:
            url: The webhook's URL.
            secrets: Its secrets.
            event_id: Id of the event.
            body: Bytes of the event.
        """
        began = asyncio.get_running_loop().time()
        status: int | None = None
        retry_after: str | None = None
        error: str | None = None
        try:
            async with (
                asyncio.timeout(self.within_s),
                self._post(url, secrets, event_id, body) as answer,
            ):
                status, retry_after = answer.status, answer.headers.get("Retry-After")
                await _read_rest(answer)
        except _NotAllowedError:
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
        return Outcome(
            at=now,
            duration_ms=round((asyncio.get_running_loop().time() - began) * 1000),
            status=status,
            error=error_of(status) if status is not None else error,
            retry_after=parse_retry_after(retry_after, now),
        )

    @asynccontextmanager
    async def _post(
        self, url: str, secrets: Sequence[str], event_id: str, body: bytes
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        target = URL(url, encoded=True)
        address = await self._address(target)
        async with self.session.post(
            target.with_host(str(address)),
            data=body,
            headers=_headers(target, secrets, event_id, body, utc_now()),
            server_hostname=target.host if target.scheme == "https" else None,
            allow_redirects=False,
        ) as answer:
            yield answer

    async def _address(self, target: URL) -> Address:
        found = await self.addresses(target.host or "")
        encrypted = target.scheme == "https"
        if not all(is_allowed(one, self.allow, encrypted=encrypted) for one in found):
            raise _NotAllowedError
        return found[0]


@asynccontextmanager
async def open_caller(allow: Sequence[Network]) -> AsyncGenerator[WebhookCaller]:
    """Open what calls webhooks.

    Args:
        allow: Networks that are allowed besides the public ones.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_OPEN_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # each call has its own
        auto_decompress=False,
    ) as session:
        yield WebhookCaller(session, NameLookup().addresses, allow)


def _headers(
    target: URL, secrets: Sequence[str], event_id: str, body: bytes, now: datetime
) -> Mapping[str, str]:
    timestamp = int(now.timestamp())
    return {
        "Host": target.raw_authority,
        "Content-Type": _CONTENT_TYPE,
        "User-Agent": "route311",
        "webhook-id": event_id,
        "webhook-timestamp": f"{timestamp}",
        "webhook-signature": signature(secrets, event_id, timestamp, body),
    }


async def _read_rest(answer: aiohttp.ClientResponse) -> None:
    """Read so much of an answer that the connection can be used again; it decides nothing."""
    left = MAX_ANSWER
    with suppress(aiohttp.ClientError, TimeoutError):
        while left > 0 and (chunk := await answer.content.read(left)):
            left -= len(chunk)
    if left <= 0:
        answer.close()
