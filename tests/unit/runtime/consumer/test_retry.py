import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.errors import (
    DatabaseBusyError,
    DatabaseDownError,
    FencedError,
    PermanentError,
    StoppedError,
    UndecodableEventError,
)
from shared.runtime.consumer.messages import Deferred, InvalidRecord, Message
from shared.runtime.consumer.retry import Item, RetryPolicy, process_batch
from tests.support.builders import request_submitted
from tests.support.records import record

NO_DELAY = RetryPolicy(transient_s=(0.0, 0.0), systemic_s=(0.0,))


class FakeTransaction:
    """Records commits; fails for offsets with a given error."""

    def __init__(self, failures: dict[int, Exception] | None = None) -> None:
        self.failures = failures or {}
        self.committed: list[list[int]] = []
        self.parked: list[int] = []
        self.deferred: list[int] = []

    async def commit(self, items: Sequence[Item[Any]]) -> None:
        for item in items:
            if isinstance(item, Message) and (failure := self.failures.get(item.record.offset)):
                raise failure
        self.committed.append([item.record.offset for item in items])
        self.deferred += [item.record.offset for item in items if isinstance(item, Deferred)]
        self.parked += [item.record.offset for item in items if isinstance(item, InvalidRecord)]


def messages(*offsets: int) -> list[Message[Any]]:
    return [Message(record(offset=offset), request_submitted()) for offset in offsets]


async def test_a_good_batch_is_committed_once_and_whole() -> None:
    db = FakeTransaction()

    await process_batch(messages(0, 1, 2), db.commit, NO_DELAY)

    assert db.committed == [[0, 1, 2]]


async def test_one_bad_message_is_parked_and_the_others_are_committed_once_each() -> None:
    db = FakeTransaction({1: PermanentError("field: wrong")})

    await process_batch(messages(0, 1, 2), db.commit, NO_DELAY)

    assert db.committed == [[0], [1], [2]]
    assert db.parked == [1]


async def test_garbage_is_parked_with_its_batch() -> None:
    db = FakeTransaction()
    garbage = InvalidRecord(record(offset=1), UndecodableEventError("record: json_invalid"))

    await process_batch([*messages(0), garbage, *messages(2)], db.commit, NO_DELAY)

    assert db.committed == [[0, 1, 2]]
    assert db.parked == [1]


async def test_a_passing_trouble_is_tried_again_as_a_batch() -> None:
    attempts = 0
    db = FakeTransaction()

    async def commit(items: Sequence[Item[Any]]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 2:
            raise DatabaseBusyError("deadlock")
        await db.commit(items)

    await process_batch(messages(0, 1), commit, NO_DELAY)

    assert db.committed == [[0, 1]]


async def test_a_trouble_that_does_not_pass_defers_its_message_and_the_others_go_on() -> None:
    db = FakeTransaction({1: DatabaseBusyError("lock")})

    await process_batch(messages(0, 1, 2), db.commit, NO_DELAY)

    assert db.committed == [[0], [1], [2]]
    assert db.deferred == [1]
    assert db.parked == []


async def test_a_stop_ends_the_waiting_and_commits_nothing() -> None:
    stopping = asyncio.Event()

    async def commit(_: Sequence[Item[Any]]) -> None:
        stopping.set()
        raise DatabaseDownError("ConnectionRefusedError")

    with pytest.raises(StoppedError):
        await process_batch(messages(0, 1), commit, RetryPolicy(systemic_s=(60.0,)), stopping)


async def test_while_the_database_is_down_nothing_is_parked_and_nothing_is_split() -> None:
    attempts = 0
    db = FakeTransaction()

    async def commit(items: Sequence[Item[Any]]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 20:
            raise DatabaseDownError("ConnectionRefusedError")
        await db.commit(items)

    await process_batch(messages(0, 1), commit, NO_DELAY)

    assert db.committed == [[0, 1]]
    assert db.parked == []


async def test_an_error_nobody_foresaw_ends_the_process_before_its_message() -> None:
    db = FakeTransaction({1: KeyError("bug")})

    with pytest.raises(KeyError):
        await process_batch(messages(0, 1, 2), db.commit, NO_DELAY)

    assert db.committed == [[0]]
    assert db.parked == []


async def test_a_fenced_batch_is_neither_split_nor_tried_again() -> None:
    attempts = 0

    async def commit(_: Sequence[Item[Any]]) -> None:
        nonlocal attempts
        attempts += 1
        raise FencedError("moved")

    with pytest.raises(FencedError):
        await process_batch(messages(0, 1), commit, NO_DELAY)

    assert attempts == 1
