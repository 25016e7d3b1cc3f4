"""Responses to callers above the limits of intake."""

from functools import partial

from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.refusals import Refusal, limited
from shared.runtime.ops.metrics import LIMITED, SHED


def _shed(reason: str, retry_after_s: int, detail: str) -> Refusal:
    headers = {"Retry-After": f"{retry_after_s}"}
    build = partial(problem_response, 503, "Not available", detail, headers=headers)
    return Refusal(SHED.labels(reason), build)


KEY_SHARE = limited("key_share", "This key has too many concurrent calls. Call again in a second.")
NUMBER_RATE = limited("number", "This number sends too many texts. Retry in a second.")
NOTES_OF_A_DAY = Refusal(
    LIMITED.labels("notes"),
    partial(
        problem_response,
        429,
        "Too many notes",
        "This request has reached today's limit of notes. Call the city.",
        code="over_rate",
        headers={"Retry-After": "3600"},
    ),
)
BUSY = _shed("busy", 2, "Overloaded. Retry in a moment.")
OUTBOX_FULL = _shed(
    "outbox_full",
    30,
    "The outbox is full. Retry later.",
)
ACCEPT_RATE = _shed("over_rate", 1, "The rate limit of submissions is exceeded. Retry in a second.")
