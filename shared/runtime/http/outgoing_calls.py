"""Calls to other organizations' servers: to an address that was judged, without redirects."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp

from shared.delivery_attempts import Outcome, error_of, parse_retry_after
from shared.network_addresses import Network
from shared.runtime.clock import utc_now
from shared.runtime.http.judged_calls import AddressNotAllowedError, JudgedCalls
from shared.runtime.http.names import NameLookup

WITHIN_S = 15.0
MAX_ANSWER = 64 * 1024
_KEPT_OPEN_S = 4.0


@dataclass(frozen=True, slots=True)
class OutgoingCalls(JudgedCalls):
    """Calls servers of others, within a time.

    Attributes:
        within_s: Seconds for a call.
    """

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
        """Send a request; return what came of it, and the body of the answer.

        The outcome is known from the status on; the body is None when it did not arrive whole, or
        is too long.

        Args:
            headers: Headers besides ``Host`` and ``User-Agent``.
            body: Body of the request; None without one.
            max_answer: The most bytes of the answer's body.
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
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_OPEN_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # each call has its own
        auto_decompress=False,
    ) as session:
        yield OutgoingCalls(session, NameLookup().addresses, allow)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """Return the body; None when it is too long or breaks off, and the connection ends then."""
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
