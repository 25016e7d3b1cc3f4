from math import inf

from shared.runtime.outbox.outbox import OutboxBatch
from shared.runtime.outbox.relay import BatchMemory
from shared.runtime.outgoing import Outgoing


def batch(seq: int, size: int, count: int = 1) -> OutboxBatch:
    return OutboxBatch(seq, 0, [Outgoing(f"{seq}", "topic", b"key", b"value")] * count, size)


def test_what_is_taken_is_gone() -> None:
    memory = BatchMemory(10)
    memory.add(batch(1, 10))

    assert memory.take(1, 1) == batch(1, 10).records
    assert memory.take(1, 1) is None


def test_what_exceeds_the_limit_is_not_kept_and_room_comes_back() -> None:
    memory = BatchMemory(10)
    memory.add(batch(1, 6))
    memory.add(batch(2, 5))
    memory.add(batch(3, 4))
    assert [memory.take(seq, 1) is not None for seq in (1, 2, 3)] == [True, False, True]

    memory.add(batch(4, 10))
    memory.drop_before(inf)
    assert memory.take(4, 1) is None
    memory.add(batch(5, 10))
    assert memory.take(5, 1)


def test_a_batch_that_lost_a_record_in_the_table_is_not_known() -> None:
    memory = BatchMemory(10)
    memory.add(batch(1, 10, count=3))

    assert memory.take(1, 2) is None
    memory.add(batch(2, 10))
    assert memory.take(2, 1)


def test_what_is_before_the_lowest_that_waits_takes_no_room() -> None:
    memory = BatchMemory(10)
    for seq in (2, 1, 3):
        memory.add(batch(seq, 3))

    memory.drop_before(3)

    memory.add(batch(4, 7))
    assert [memory.take(seq, 1) is not None for seq in (1, 2, 3, 4)] == [False, False, True, True]
