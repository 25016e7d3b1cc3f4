"""Rule: when a message is tried again that the mail server did not take for now."""

from datetime import datetime, timedelta

_PAUSES = (
    *(timedelta(seconds=s) for s in (5, 30, 120, 600, 1_800)),
    *[timedelta(hours=1)] * 23,  # a day in all; what it says is old by then
)


def next_try(put_off_before: int, now: datetime) -> datetime | None:
    """Return when to try again, or None when a day of trying is enough.

    Args:
        put_off_before: How often the server had put it off already.
        now: When it did so again.
    """
    return now + _PAUSES[put_off_before] if put_off_before < len(_PAUSES) else None
