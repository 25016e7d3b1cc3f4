"""Event time: the time of submission and the time of observation, as far as both are plausible."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_CLOCK_SKEW = timedelta(hours=1)
MAX_OBSERVATION_AGE = timedelta(days=30)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SentAt:
    """The time at which an adapter sent a submission, UTC.

    Attributes:
        replaced: The envelope's time was more than ``MAX_CLOCK_SKEW`` in the future, so that
            ``moment`` is the time of receipt.
    """

    moment: datetime
    replaced: bool = False


def sent_at(stated: object, received_at: datetime) -> SentAt | None:
    """Return the time at which a submission was sent, or None for an invalid ``stated``.

    Args:
        stated: The envelope's time, RFC 3339 with offset; None stands for ``received_at``. A time
            up to ``MAX_CLOCK_SKEW`` (inclusive) after the receipt is valid as it is.
    """
    if stated is None:
        return SentAt(received_at)
    moment = stated if isinstance(stated, datetime) else None
    if isinstance(stated, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(stated.upper())
    if moment is None or moment.utcoffset() is None or moment < _EARLIEST:
        return None
    if moment - received_at > MAX_CLOCK_SKEW:
        return SentAt(received_at, replaced=True)
    return SentAt(moment.astimezone(UTC))


def event_time(observed_at: datetime | None, sent: datetime) -> datetime:
    """Return the event time of a request, UTC; every time window starts from it.

    It is ``observed_at`` when that lies at most ``MAX_OBSERVATION_AGE`` before ``sent`` (both
    bounds inclusive), else ``sent``.
    """
    if observed_at is None or not timedelta(0) <= sent - observed_at <= MAX_OBSERVATION_AGE:
        return sent
    return observed_at.astimezone(UTC)
