"""Calls of webhooks: to an address that was judged, signed, within 15 s."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from services.dispatch.channels.webhooks.rules.signature import signature
from shared.delivery_attempts import Outcome
from shared.network_addresses import Network
from shared.runtime.clock import utc_now
from shared.runtime.http.names import NameLookup
from shared.runtime.http.outgoing_calls import OutgoingCalls

_KEPT_OPEN_S = 4.0
_CONTENT_TYPE = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class WebhookCaller(OutgoingCalls):
    """Calls webhooks."""

    async def call(self, url: str, secrets: Sequence[str], event_id: str, body: bytes) -> Outcome:
        """Send an event; return what came of it. What the answer holds decides nothing.

        Args:
            url: The webhook's URL.
            secrets: Its secrets.
            event_id: Id of the event.
            body: Bytes of the event.
        """
        headers = _headers(secrets, event_id, body, utc_now())
        outcome, _ = await self.send("POST", url, headers, body)
        return outcome


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
    secrets: Sequence[str], event_id: str, body: bytes, now: datetime
) -> Mapping[str, str]:
    timestamp = int(now.timestamp())
    return {
        "Content-Type": _CONTENT_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": f"{timestamp}",
        "webhook-signature": signature(secrets, event_id, timestamp, body),
    }
