"""Waiting until a router is idle."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges
from shared.runtime.kafka_access import KafkaAccess
from workbench.check import run
from workbench.check import wait_until_idle as module
from workbench.check.wait_until_idle import no_progress, wait_until_idle

PARTITION = Partition("dispatch-cases", 0)


class Looks:
    """A broker and a database as they are at each look."""

    def __init__(self, *looks: tuple[int, int]) -> None:
        self._looks: Iterator[tuple[int, int]] = iter(looks)
        self._left = 0

    async def bounds(self, _: str) -> OffsetRanges:
        end, self._left = next(self._looks)
        return {PARTITION: (0, end)}

    async def left(self, *_: object) -> int:
        return self._left

    async def close(self) -> None: ...


async def ends_after(monkeypatch: pytest.MonkeyPatch, *looks: tuple[int, int]) -> int:
    seen = Looks(*looks)

    async def connect(_: str, **_settings: object) -> Any:
        return seen

    monkeypatch.setattr(module, "_POLL_S", 0)
    monkeypatch.setattr(module, "offset_bounds", seen.bounds)
    monkeypatch.setattr(module, "_left", seen.left)
    monkeypatch.setattr("asyncpg.connect", connect)
    _, end = (await wait_until_idle(KafkaAccess("broker"), "database", 5, no_progress))[PARTITION]
    return end


async def test_it_waits_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ends_after(monkeypatch, (7, 2), (8, 1), (9, 0), (9, 0)) == 9


async def test_what_was_published_and_read_after_the_look_at_the_broker_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await ends_after(monkeypatch, (7, 0), (9, 0), (9, 0)) == 9


async def test_tables_that_were_read_while_something_was_published_are_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = iter([7, 8, 8, 8])
    reads: list[object] = []

    async def bounds(*_: object) -> OffsetRanges:
        return {PARTITION: (0, next(ends))}

    async def load_tables(_: str, store: object) -> None:
        reads.append(store)

    monkeypatch.setattr(run, "wait_until_idle", bounds)
    monkeypatch.setattr(run, "offset_bounds", bounds)
    monkeypatch.setattr(run, "load_tables", load_tables)
    idle = run._idle_router(KafkaAccess("broker"), "database", 60, no_progress)  # noqa: SLF001
    async with idle as (store, seen):
        assert seen[PARTITION] == (0, 8)
        assert store is reads[-1]
    assert len(reads) == 2
