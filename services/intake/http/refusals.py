"""The responses to callers above a limit: 429 for a limit of their own, 503 for one of all."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from aiohttp import web
from prometheus_client import Counter

from shared.runtime.http.http_bytes import serialize_response
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.metrics import LIMITED, SHED

Translate: TypeAlias = Callable[[web.Response], web.Response]
"""Returns problem details in another form."""


def problem_details(response: web.Response) -> web.Response:
    """Return them as they are."""
    return response


class Refusal:
    """The response to callers above one limit; it counts them."""

    def __init__(self, count: Counter, build: Callable[[], web.Response]) -> None:
        self._count, self._build = count, build
        self._raw: dict[Translate, bytes] = {}

    def response(self) -> web.Response:
        """Return the response."""
        self._count.inc()
        return self._build()

    def raw_response(self, translate: Translate = problem_details) -> bytes:
        """Return the bytes of the response, translated once."""
        self._count.inc()
        if translate not in self._raw:
            self._raw[translate] = serialize_response(translate(self._build()))
        return self._raw[translate]


def _limited(limit: str, detail: str) -> Refusal:
    headers = {"Retry-After": "1"}
    build = partial(
        problem_response, 429, "Too many calls", detail, code="over_rate", headers=headers
    )
    return Refusal(LIMITED.labels(limit), build)


def _shed(reason: str, retry_after_s: int, detail: str) -> Refusal:
    headers = {"Retry-After": f"{retry_after_s}"}
    build = partial(problem_response, 503, "Not available", detail, headers=headers)
    return Refusal(SHED.labels(reason), build)


KEY_RATE = _limited("key", "This key calls more often than it may. Call again in a second.")
KEY_SHARE = _limited(
    "key_share", "This key has more calls in progress than it may. Call again in a second."
)
ADDRESS_RATE = _limited(
    "address", "This address calls too often without a valid key. Call again in a second."
)
NUMBER_RATE = _limited(
    "number", "This number sends more texts than it may. Hand it over again in a second."
)
BUSY = _shed("busy", 2, "More is handed in than can be taken. Hand it in again in a moment.")
OUTBOX_FULL = _shed(
    "outbox_full",
    30,
    "Too much waits to be passed on, so nothing more is taken. Hand it in again later.",
)
ACCEPT_RATE = _shed(
    "over_rate", 1, "More is handed in than is taken in a second. Hand it in again."
)
