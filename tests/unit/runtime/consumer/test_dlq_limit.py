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
from tests.records import record

OUTSIDE = frozenset({"channel-submissions"})


def counting(**limit: Any) -> DlqLimitTracker:
    return DlqLimitTracker(DlqLimit(**limit), OUTSIDE)


def unfit(
    count: int, topic: str = "test", error: Route311Error | None = None
) -> list[InvalidRecord]:
    return [InvalidRecord(record(topic=topic), error or PermanentError("x")) for _ in range(count)]


def after(consecutive: int) -> dict[Partition, Position]:
    return {Partition("test", 0): Position(1, 1, consecutive_parked=consecutive)}


def test_as_many_in_a_row_as_allowed_are_parked_and_one_more_is_not() -> None:
    count = counting(consecutive=3)

    count.check(unfit(3), after(3), 3)
    with pytest.raises(TooManyDeadLettersError, match="test/0: more than 3 records in a row"):
        count.check(unfit(4), after(4), 4)


def test_a_good_batch_after_many_parked_is_never_refused() -> None:
    counting(consecutive=3).check([], after(99), 1)


def test_the_share_is_judged_over_a_full_window_only() -> None:
    count = counting(consecutive=1_000, ratio=0.5, window=100)

    count.check(unfit(60), after(60), 60)
    count.record_batch(unfit(60), 60)
    with pytest.raises(TooManyDeadLettersError, match="more than 50% of the last 100"):
        count.check(unfit(1), after(1), 40)


def test_what_was_parked_before_the_window_is_forgotten() -> None:
    count = counting(consecutive=1_000, ratio=0.5, window=100)
    count.record_batch(unfit(100), 100)
    for _ in range(10):
        count.record_batch([], 10)

    count.check(unfit(10), after(10), 10)


@pytest.mark.parametrize("error", [UndecodableEventError("x"), UnstorableError("x")])
def test_what_an_outsider_wrote_unreadably_does_not_count(error: Route311Error) -> None:
    count = counting(consecutive=1)
    garbage = unfit(50, "channel-submissions", error)

    count.check(garbage, after(50), 50)
    assert not any(map(count.is_counted, garbage))


def test_what_our_own_services_wrote_and_we_cannot_read_counts() -> None:
    assert counting().is_counted(unfit(1, error=UndecodableEventError("x"))[0])


def test_what_we_fail_to_handle_counts_whoever_wrote_it() -> None:
    assert counting().is_counted(unfit(1, "channel-submissions")[0])
