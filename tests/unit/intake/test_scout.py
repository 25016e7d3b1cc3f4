from collections.abc import Mapping

from services.intake.workers import Answered
from shared.runtime.kafka import Partition
from tests.support.records import record

NOTHING: Mapping[Partition, int | None] = {Partition("test", 0): None}


def test_it_knows_what_it_had_accepted_until_the_reader_has_passed_it() -> None:
    answered = Answered()
    answered.add([record(offset=5), record(offset=9)], NOTHING)
    assert [n for n in range(12) if answered.has(record(offset=n))] == [5, 9]

    answered.add([record(offset=11)], {Partition("test", 0): 6})

    assert [n for n in range(12) if answered.has(record(offset=n))] == [9, 11]


def test_the_positions_that_it_keeps_are_limited() -> None:
    answered = Answered()

    for first in range(0, 20_000, 1_000):
        answered.add([record(offset=first + n) for n in range(1_000)], NOTHING)

    assert sum(answered.has(record(offset=n)) for n in range(20_000)) == 10_000
