"""Handing in: everything once, in order, the backlog and what is behind it in one go."""

from collections.abc import Sequence
from datetime import date

from cli.demo.run.handing_in import Clock, hand_in
from cli.demo.scenario import Day, Garbage, Report, make_day

DAY = make_day(1, date(2026, 3, 3), 200)


class RecordingDoor:
    def __init__(self) -> None:
        self.passed: list[Sequence[Report | Garbage]] = []

    async def hand_in(self, deliveries: Sequence[Report | Garbage]) -> None:
        self.passed.append(deliveries)


async def played(day: Day, seconds: float) -> tuple[RecordingDoor, Clock]:
    door, clock = RecordingDoor(), Clock(day.deliveries[0].handed_in_at)
    await hand_in(day, door, clock, seconds)
    return door, clock


async def test_everything_is_handed_in_once_and_in_order() -> None:
    door, clock = await played(DAY, 0.5)
    assert [d for chunk in door.passed for d in chunk] == list(DAY.deliveries)
    assert clock.handed_in == len(DAY.deliveries)
    assert clock.now == DAY.deliveries[-1].handed_in_at


async def test_the_day_comes_bit_by_bit_and_the_backlog_at_once() -> None:
    door, _ = await played(DAY, 0.75)
    *live, backlog = door.passed
    assert len(live) == 3
    assert max(map(len, live)) - min(map(len, live)) <= 1
    assert len(backlog) == DAY.at_once > DAY.backlog > 0
