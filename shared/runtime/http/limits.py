"""Limits of an HTTP server: deadlines and number of connections."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from shared.runtime.http.addresses import Network

MAX_LINE_BYTES = 8_190
"""Maximum bytes of a request target; a longer one gets 414."""
MAX_FIELD_BYTES = 8_000
"""Maximum bytes of a header with its name; a longer one gets 431. It differs from that of the
target, since aiohttp's error identifies the exceeded limit by its value alone.
"""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one server.

    Attributes:
        head_s: Seconds for the head of a request, from the connection or its first byte.
        body_s: Seconds for the body of a request, and for a caller to read a response.
        idle_s: Seconds that a connection stays open without a request.
        proxies: Networks of trusted reverse proxies, exempt from the limit per address.
    """

    head_s: float = 5.0
    body_s: float = 10.0
    idle_s: float = 75.0
    connections: int = 4_096
    connections_per_address: int = 1_536
    proxies: Sequence[Network] = ()


HTTP_LIMITS = web.AppKey("HTTP_LIMITS", HttpLimits)
