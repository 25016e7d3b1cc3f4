"""The responses to callers above a rate limit."""

from aiohttp import web

from shared.runtime.http.http_bytes import serialize_response
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.metrics import LIMITED

_RETRY_AFTER_S = "1"


class RateLimit:
    """The response to callers above one limit; it counts them."""

    def __init__(self, name: str, detail: str) -> None:
        self._detail, self._count = detail, LIMITED.labels(name)
        self._raw = serialize_response(self._build())

    def response(self) -> web.Response:
        """Return the 429 response."""
        self._count.inc()
        return self._build()

    def raw_response(self) -> bytes:
        """Return the bytes of the 429 response."""
        self._count.inc()
        return self._raw

    def _build(self) -> web.Response:
        headers = {"Retry-After": _RETRY_AFTER_S}
        return problem_response(
            429, "Too many calls", self._detail, code="over_rate", headers=headers
        )


KEY_LIMIT = RateLimit("key", "This key calls more often than it may. Call again in a second.")
ADDRESS_LIMIT = RateLimit(
    "address", "This address calls too often without a valid key. Call again in a second."
)
