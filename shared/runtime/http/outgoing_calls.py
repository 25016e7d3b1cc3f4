"""Outgoing calls with a deadline, and their outcomes."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from shared.delivery_attempts import Outcome, error_of, parse_retry_after
from shared.runtime.clock import utc_now
from shared.runtime.http.judged_calls import AddressNotAllowedError, JudgedCalls

WITHIN_S = 15.0
MAX_ANSWER = 64 * 1024


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
