"""When a problem was seen, as far as that can be believed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FUTURE_TOLERATED = timedelta(hours=1)
OBSERVATION_BELIEVED = timedelta(days=30)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SentAt:
    """The moment at which a submission was handed in, UTC.

    Attributes:
        replaced: The envelope's time lay too far in the future; ``moment`` is the arrival.
    """

    moment: datetime
    replaced: bool = False


def sent_at(stated: object, arrived_at: datetime) -> SentAt | None:
    """Return when a submission was handed in, or None when ``stated`` is no usable time.

    Args:
        stated: The envelope's time, RFC 3339 with offset; None is the arrival. A time up to
            ``FUTURE_TOLERATED`` after the arrival, bound included, is taken as it is.
        arrived_at: When the router got it.
    """
    if stated is None:
        return SentAt(arrived_at)
    moment = _parsed(stated)
    if moment is None or moment.utcoffset() is None or moment < _EARLIEST:
        return None
    if moment - arrived_at > FUTURE_TOLERATED:
        return SentAt(arrived_at, replaced=True)
    return SentAt(moment.astimezone(UTC))


def event_time(observed_at: datetime | None, sent: datetime) -> datetime:
    """Return the moment that every window counts from, UTC.

    It is ``observed_at`` where that lies in the ``OBSERVATION_BELIEVED`` before ``sent``, both
    bounds included, else ``sent``.
    """
    if observed_at is None or not timedelta(0) <= sent - observed_at <= OBSERVATION_BELIEVED:
        return sent
    return observed_at.astimezone(UTC)


def _parsed(stated: object) -> datetime | None:
    if isinstance(stated, datetime):
        return stated
    if not isinstance(stated, str):
        return None
    try:
        return datetime.fromisoformat(stated.upper())
    except ValueError:
        return None
