"""The responses to callers above the limits of intake."""

from functools import partial

from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.refusals import Refusal, limited
from shared.runtime.ops.metrics import SHED


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
BUSY = _shed("busy", 2, "More is handed in than can be taken. Hand it in again in a moment.")
OUTBOX_FULL = _shed(
    "outbox_full",
    30,
    "Too much waits to be passed on, so nothing more is taken. Hand it in again later.",
)
ACCEPT_RATE = _shed(
    "over_rate", 1, "More is handed in than is taken in a second. Hand it in again."
)
