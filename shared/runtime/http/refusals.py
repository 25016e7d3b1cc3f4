"""Responses to callers above a limit: 429 for their own limit, 503 for a shared one."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from aiohttp import web
from prometheus_client import Counter

from shared.runtime.http.http_bytes import serialize_response
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.metrics import LIMITED, SHED

# Converts problem details to another form.
Translate: TypeAlias = Callable[[web.Response], web.Response]


def problem_details(response: web.Response) -> web.Response:
    """Return problem details unchanged."""
    return response


class Refusal:
    """The counted response to callers above one limit."""

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


def limited(
    limit: str, detail: str, *, title: str = "Too many calls", retry_after_s: int = 1
) -> Refusal:
    """Return the 429 of a caller's own limit, by its name in the metrics."""
    headers = {"Retry-After": f"{retry_after_s}"}
    build = partial(problem_response, 429, title, detail, code="over_rate", headers=headers)
    return Refusal(LIMITED.labels(limit), build)


def shed(reason: str, retry_after_s: int, detail: str) -> Refusal:
    """Return the 503 of a shared limit, by its name in the metrics."""
    headers = {"Retry-After": f"{retry_after_s}"}
    build = partial(problem_response, 503, "Not available", detail, headers=headers)
    return Refusal(SHED.labels(reason), build)


BODIES_FULL = shed("bodies", 2, "Too many uploads from callers without a key. Retry in a moment.")
KEY_RATE = limited("key", "The rate limit of this key is exceeded. Call again in a second.")
ADDRESS_RATE = limited(
    "address", "The rate limit without a valid key is exceeded. Call again in a second."
)


KEY_SHARE = limited("key_share", "This key has too many concurrent calls. Call again in a second.")
NUMBER_RATE = limited("number", "This number sends too many texts. Retry in a second.")
NOTES_OF_A_DAY = limited(
    "notes",
    "This request has reached today's limit of notes. Call the city.",
    title="Too many notes",
    retry_after_s=3600,
)
BUSY = shed("busy", 2, "Overloaded. Retry in a moment.")
OUTBOX_FULL = shed("outbox_full", 30, "The outbox is full. Retry later.")
ACCEPT_RATE = shed("over_rate", 1, "The rate limit of submissions is exceeded. Retry in a second.")
