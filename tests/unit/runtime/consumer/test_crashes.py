from typing import cast

import pytest

from shared.runtime.consumer.crashes import Busy, CrashCounter
from shared.runtime.consumer.offsets import Position
from shared.runtime.kafka import Partition, Record
from shared.runtime.postgres import Pool
from tests.support.records import record

PARTITION = Partition("test", 0)


def counter(until: int, crashes: int) -> CrashCounter:
    made = CrashCounter(cast(Pool, None))
    made.suspects = {PARTITION: Busy(until, crashes)}
    return made


def records(*offsets: int) -> list[Record]:
    return [record(offset=offset) for offset in offsets]


def offsets(units: list[list[Record]]) -> list[list[int]]:
    return [[each.offset for each in unit] for unit in units]


def test_what_was_in_progress_at_a_crash_is_tried_one_by_one_and_the_rest_in_one_batch() -> None:
    found = counter(until=3, crashes=1)

    units = [list(unit) for unit in found.split(records(1, 2, 3, 4))]

    assert offsets(units) == [[1], [2], [3, 4]]


def test_many_that_were_in_progress_are_narrowed_down_in_chunks_of_a_partition() -> None:
    found = counter(until=100, crashes=1)
    other = Partition("test", 1)
    found.suspects[other] = Busy(3, 2)
    alone = record(offset=2, partition=1)

    units = found.split([*records(*range(60)), alone, *records(100)])

    assert [len(unit) for unit in units] == [20, 20, 20, 1, 1]
    assert units[3] == [alone]


def test_without_a_crash_all_is_one_batch() -> None:
    made = CrashCounter(cast(Pool, None))

    assert offsets([list(unit) for unit in made.split(records(1, 2))]) == [[1, 2]]
    assert made.split([]) == []


def test_a_partition_without_a_crash_has_no_suspects() -> None:
    assert counter(until=3, crashes=2).crashes(record(offset=1, partition=7)) == 0


@pytest.mark.parametrize(
    ("crashes", "text"), [(1, None), (2, "the process died 2 times at test/0/2")]
)
def test_a_record_is_named_once_it_was_alone_in_progress_at_a_crash(
    crashes: int, text: str | None
) -> None:
    assert counter(until=3, crashes=crashes).describe_worst() == text


def test_what_is_committed_is_forgotten() -> None:
    found = counter(until=3, crashes=2)

    found.on_commit({PARTITION: Position(1, 2)})
    assert found.describe_worst()
    found.on_commit({PARTITION: Position(1, 3)})
    assert found.describe_worst() is None
