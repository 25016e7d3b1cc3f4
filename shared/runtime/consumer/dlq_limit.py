"""Dead-letter limit: stops a consumer whose many dead letters indicate a fault of its own."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shared.errors import (
    TooLargeError,
    TooManyDeadLettersError,
    UndecodableEventError,
    UnknownTypeError,
    UnknownVersionError,
)
from shared.runtime.consumer.garbage import DEFAULT_BYTES_PER_HOUR
from shared.runtime.consumer.messages import InvalidRecord
from shared.runtime.consumer.offsets import Position
from shared.runtime.consumer.skips import SkippedError
from shared.runtime.kafka import Partition
from shared.runtime.postgres import UnstorableError

_INVALID_AS_WRITTEN = (
    TooLargeError,
    UndecodableEventError,
    UnknownTypeError,
    UnknownVersionError,
    UnstorableError,
)


@dataclass(frozen=True, slots=True)
class DlqLimit:
    """Thresholds above which a consumer ends, so that a bad deploy cannot dead-letter everything.

    Counted are messages that we failed to handle, and unreadable records of our own services.
    Unreadable records of outsiders do not count, neither as failed nor as handled: an adapter that
    floods a topic with garbage must not stop a city.

    Attributes:
        consecutive: Maximum dead letters of one partition in a row. The count is stored with the
            offset: a restarted consumer ends at once instead of dead-lettering as many again.
        ratio: Maximum share of dead letters among the last ``window`` records of all partitions,
            from 0 to 1.
        window: Number of records; the ratio is not checked before as many were seen.
        bytes_per_hour: Bytes of unreadable records of outsiders that are kept from each topic in
            an hour; the rest is counted and dropped.
    """

    consecutive: int = 100
    ratio: float = 0.5
    window: int = 1000
    bytes_per_hour: int = DEFAULT_BYTES_PER_HOUR


DEFAULT_LIMIT = DlqLimit()


@dataclass(slots=True)
class DlqLimitTracker:
    """Counts the dead letters of a consumer; outsiders write to ``external_topics``."""

    limit: DlqLimit
    external_topics: Collection[str]
    _batches: deque[tuple[int, int]] = field(default_factory=deque, init=False)
    _seen: int = field(default=0, init=False)
    _parked: int = field(default=0, init=False)

    def is_counted(self, invalid: InvalidRecord) -> bool:
        """Return True when the fault may be ours and not an outsider's, nor a person's decision."""
        return not (isinstance(invalid.error, SkippedError) or self.is_garbage(invalid))

    def is_garbage(self, invalid: InvalidRecord) -> bool:
        """Return True when an outsider wrote a record that cannot be read."""
        invalid_as_written = isinstance(invalid.error, _INVALID_AS_WRITTEN)
        return invalid_as_written and invalid.record.topic in self.external_topics

    def check(
        self, invalid: Sequence[InvalidRecord], target: Mapping[Partition, Position], size: int
    ) -> None:
        """Check a batch of ``size`` records against the limit before it is committed.

        Args:
            target: The position of each partition after the batch.

        Raises:
            TooManyDeadLettersError: A threshold would be exceeded; the batch must not commit.
        """
        parked = sum(map(self.is_counted, invalid))
        if not parked:
            return
        for partition, position in target.items():
            if position.consecutive_parked > self.limit.consecutive:
                raise TooManyDeadLettersError(
                    f"{partition.topic}/{partition.partition}: more than {self.limit.consecutive} "
                    "records in a row would be parked"
                )
        seen = self._seen + size
        if seen >= self.limit.window and self._parked + parked > self.limit.ratio * seen:
            raise TooManyDeadLettersError(
                f"more than {self.limit.ratio:.0%} of the last {seen} records would be parked"
            )

    def record_batch(self, invalid: Sequence[InvalidRecord], size: int) -> None:
        """Count a committed batch of ``size`` records; drop batches older than the window."""
        parked = sum(map(self.is_counted, invalid))
        self._batches.append((size, parked))
        self._seen += size
        self._parked += parked
        while self._seen - self._batches[0][0] >= self.limit.window:
            old_size, old_parked = self._batches.popleft()
            self._seen -= old_size
            self._parked -= old_parked
