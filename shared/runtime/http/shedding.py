"""Responses to callers above the limits of intake."""

from shared.runtime.http.refusals import limited, shed

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
