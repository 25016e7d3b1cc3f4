from typing import Any

import pytest

from shared.errors import (
    PermanentError,
    Route311Error,
    TooManyDeadLettersError,
    UndecodableEventError,
)
from shared.runtime.consumer.dlq_limit import DlqLimit, DlqLimitTracker
from shared.runtime.consumer.messages import InvalidRecord
from shared.runtime.consumer.offsets import Position
from shared.runtime.kafka import Partition
from shared.runtime.postgres import UnstorableError
from tests.support.records import record

EXTERNAL_TOPICS = frozenset({"channel-submissions"})


def tracker(**limit: Any) -> DlqLimitTracker:
    return DlqLimitTracker(DlqLimit(**limit), EXTERNAL_TOPICS)


def invalid(
    count: int, topic: str = "test", error: Route311Error | None = None
) -> list[InvalidRecord]:
    return [InvalidRecord(record(topic=topic), error or PermanentError("x")) for _ in range(count)]


def after(consecutive: int) -> dict[Partition, Position]:
    return {Partition("test", 0): Position(1, 1, consecutive_parked=consecutive)}


def test_as_many_in_a_row_as_allowed_are_parked_and_one_more_is_not() -> None:
    limit = tracker(consecutive=3)

    limit.check(invalid(3), after(3), 3)
    with pytest.raises(TooManyDeadLettersError, match="test/0: more than 3 records in a row"):
        limit.check(invalid(4), after(4), 4)


def test_a_good_batch_after_many_parked_is_never_refused() -> None:
    tracker(consecutive=3).check([], after(99), 1)


def test_the_share_is_judged_over_a_full_window_only() -> None:
    limit = tracker(consecutive=1_000, ratio=0.5, window=100)

    limit.check(invalid(60), after(60), 60)
    limit.record_batch(invalid(60), 60)
    with pytest.raises(TooManyDeadLettersError, match="more than 50% of the last 100"):
        limit.check(invalid(1), after(1), 40)


def test_what_was_parked_before_the_window_is_forgotten() -> None:
    limit = tracker(consecutive=1_000, ratio=0.5, window=100)
    limit.record_batch(invalid(100), 100)
    for _ in range(10):
        limit.record_batch([], 10)

    limit.check(invalid(10), after(10), 10)


@pytest.mark.parametrize("error", [UndecodableEventError("x"), UnstorableError("x")])
def test_what_an_outsider_wrote_unreadably_does_not_count(error: Route311Error) -> None:
    limit = tracker(consecutive=1)
    garbage = invalid(50, "channel-submissions", error)

    limit.check(garbage, after(50), 50)
    assert not any(map(limit.is_counted, garbage))


def test_what_our_own_services_wrote_and_we_cannot_read_counts() -> None:
    assert tracker().is_counted(invalid(1, error=UndecodableEventError("x"))[0])


def test_what_we_fail_to_handle_counts_whoever_wrote_it() -> None:
    assert tracker().is_counted(invalid(1, "channel-submissions")[0])
