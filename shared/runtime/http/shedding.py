"""Responses to callers above the limits of intake."""

from functools import partial

from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.refusals import Refusal, limited
from shared.runtime.ops.metrics import LIMITED, SHED


def _shed(reason: str, retry_after_s: int, detail: str) -> Refusal:
    headers = {"Retry-After": f"{retry_after_s}"}
    build = partial(problem_response, 503, "Not available", detail, headers=headers)
    return Refusal(SHED.labels(reason), build)


KEY_SHARE = limited(
    "key_share", "This key has more calls in progress than it may. Call again in a second."
)
NUMBER_RATE = limited(
    "number", "This number sends more texts than it may. Hand it over again in a second."
)
NOTES_OF_A_DAY = Refusal(
    LIMITED.labels("notes"),
    partial(
        problem_response,
        429,
        "Too many notes",
        "This request has got more notes from the pages today than it takes. Call the city.",
        code="over_rate",
        headers={"Retry-After": "3600"},
    ),
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
