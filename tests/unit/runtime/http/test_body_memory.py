"""Memory for uploads: whose bytes are dropped when it is full."""

from contextlib import ExitStack

import pytest

from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.body_memory import BodyBuffer, BodyMemory

KIB = bytes(1024)


@pytest.fixture
def open_uploads() -> ExitStack:
    return ExitStack()


@pytest.fixture
def memory() -> BodyMemory:
    return BodyMemory(16 * 1024)


def begin(memory: BodyMemory, uploads: ExitStack, address: str, kib: int) -> BodyBuffer:
    buffer = uploads.enter_context(memory.body(address))
    for _ in range(kib):
        buffer.extend(KIB)
    return buffer


def is_kept(buffer: BodyBuffer) -> bool:
    try:
        buffer.keep()
    except RefusedError:
        return False
    return True


def test_uploads_that_began_hold_nothing_that_has_not_arrived(
    memory: BodyMemory, open_uploads: ExitStack
) -> None:
    slow = [begin(memory, open_uploads, f"192.0.2.{n}", 0) for n in range(1_000)]
    for one in slow:
        one.extend(b"x")

    assert is_kept(begin(memory, open_uploads, "198.51.100.1", 8))
    assert all(map(is_kept, slow))


def test_the_address_that_holds_the_most_loses_its_largest_upload(
    memory: BodyMemory, open_uploads: ExitStack
) -> None:
    greedy = [begin(memory, open_uploads, "192.0.2.1", kib) for kib in (4, 5)]
    larger_alone = begin(memory, open_uploads, "192.0.2.2", 6)
    new = begin(memory, open_uploads, "192.0.2.3", 2)

    assert [*map(is_kept, (*greedy, larger_alone, new))] == [True, False, True, True]


@pytest.mark.parametrize("others", [1, 3, 7])
def test_nobody_loses_a_share_of_the_memory_that_is_their_own(
    memory: BodyMemory, open_uploads: ExitStack, others: int
) -> None:
    share = 16 // (others + 1)
    ours = begin(memory, open_uploads, "198.51.100.1", share)
    for n in range(others):
        for _ in range(20):
            with pytest.raises(RefusedError):
                begin(memory, open_uploads, f"192.0.2.{n}", 17)

    assert is_kept(ours)


def test_an_upload_that_is_complete_is_not_dropped(
    memory: BodyMemory, open_uploads: ExitStack
) -> None:
    complete = begin(memory, open_uploads, "192.0.2.1", 15)
    complete.keep()
    with pytest.raises(RefusedError) as refused:
        begin(memory, open_uploads, "192.0.2.2", 2)

    assert len(complete.content) == 15 * 1024
    assert refused.value.response.status == 503


def test_memory_is_given_back_by_the_end_of_an_upload_and_by_who_drops_it(
    memory: BodyMemory, open_uploads: ExitStack
) -> None:
    for _ in range(3):
        with memory.body("192.0.2.1") as buffer:
            buffer.extend(KIB * 16)
        begin(memory, open_uploads, "192.0.2.1", 16).drop()

    assert is_kept(begin(memory, open_uploads, "192.0.2.1", 16))


def test_a_body_is_counted_once_however_much_room_its_drop_leaves_wanting(
    memory: BodyMemory,
) -> None:
    with ExitStack() as bodies:
        small = [begin(memory, bodies, "192.0.2.1", 1) for _ in range(12)]
        bodies.enter_context(memory.body("192.0.2.2")).extend(KIB * 6)

        assert sum(map(is_kept, small)) == 10
        assert memory.held == 16 * 1024
    assert memory.held == 0


def test_bodies_that_wait_for_their_turn_keep_no_other_address_out(
    memory: BodyMemory, open_uploads: ExitStack
) -> None:
    waiting = [begin(memory, open_uploads, "192.0.2.1", 4) for _ in range(4)]
    ours = begin(memory, open_uploads, "192.0.2.2", 2)

    assert ours.take() == KIB * 2
    assert [*map(is_kept, waiting)].count(False) == 1


def test_bytes_that_are_taken_count_to_the_end_and_are_held_once(memory: BodyMemory) -> None:
    with memory.body("192.0.2.1") as buffer:
        buffer.extend(KIB * 4)

        assert buffer.take() == KIB * 4
        assert (len(buffer.content), memory.held) == (0, 4 * 1024)
    assert memory.held == 0
