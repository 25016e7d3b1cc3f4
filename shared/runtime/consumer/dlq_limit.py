"""When so much is parked that the fault must be ours."""

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
from shared.runtime.consumer.messages import InvalidRecord
from shared.runtime.consumer.offsets import Position
from shared.runtime.kafka import Partition
from shared.runtime.postgres import UnstorableError

_UNFIT_AS_WRITTEN = (
    TooLargeError,
    UndecodableEventError,
    UnknownTypeError,
    UnknownVersionError,
    UnstorableError,
)


@dataclass(frozen=True, slots=True)
class DlqLimit:
    """How much a consumer may park before it ends, so that a bad deploy cannot park everything.

    What counts are records that we failed to handle, and unreadable ones that our own services
    wrote. What outsiders write and nobody could read, whatever our version, does not count in
    either direction: one adapter that floods us with garbage must not stop a city.

    Attributes:
        in_a_row: Records of one partition parked without another between them. The count is kept
            with the offset, so that a consumer which is started again ends at once instead of
            parking as many again.
        ratio: Share of the last ``window`` records of all partitions; above it the consumer ends.
        window: No ratio is judged before that many records were seen.
    """

    consecutive: int = 100
    ratio: float = 0.5
    window: int = 1000


DEFAULT_LIMIT = DlqLimit()


@dataclass(slots=True)
class DlqLimitTracker:
    """Counts what a consumer parks.

    Attributes:
        from_outside: Topics that others than our services write to.
    """

    limit: DlqLimit
    external_topics: Collection[str]
    _batches: deque[tuple[int, int]] = field(default_factory=deque, init=False)
    _seen: int = field(default=0, init=False)
    _parked: int = field(default=0, init=False)

    def is_counted(self, unfit: InvalidRecord) -> bool:
        """Return whether the fault may be ours."""
        fault_of_writer = isinstance(unfit.error, _UNFIT_AS_WRITTEN)
        return not (fault_of_writer and unfit.record.topic in self.external_topics)

    def check(
        self, unfit: Sequence[InvalidRecord], to: Mapping[Partition, Position], size: int
    ) -> None:
        """Refuse a batch of ``size`` records that would park too much.

        Args:
            unfit: What it would park.
            to: Where each partition would be after it.
            size: How many records it has.

        Raises:
            TooManyDeadLettersError: A limit would be passed; the batch must not be committed.
        """
        parked = sum(map(self.is_counted, unfit))
        if not parked:
            return
        for partition, position in to.items():
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

    def record_batch(self, unfit: Sequence[InvalidRecord], size: int) -> None:
        """Count a batch that was committed; forget those before the window."""
        parked = sum(map(self.is_counted, unfit)) if unfit else 0
        self._batches.append((size, parked))
        self._seen += size
        self._parked += parked
        while self._seen - self._batches[0][0] >= self.limit.window:
            old_size, old_parked = self._batches.popleft()
            self._seen -= old_size
            self._parked -= old_parked
