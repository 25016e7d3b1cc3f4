"""Submitter: every delivery once, in order, the final burst at once."""

from collections.abc import Sequence
from datetime import date

from workbench.demo.run.submitter import ScenarioClock, submit_all
from workbench.demo.scenario import DemoSubmission, Scenario, UnreadableRecord, make_scenario

DAY = make_scenario(1, date(2026, 3, 3), 200)


class RecordingSubmitter:
    def __init__(self) -> None:
        self.passed: list[Sequence[DemoSubmission | UnreadableRecord]] = []
        self.finished: list[int] = []
        self.texted: list[tuple[str | None, str]] = []

    async def submit(self, deliveries: Sequence[DemoSubmission | UnreadableRecord]) -> None:
        self.passed.append(deliveries)

    async def finish(self) -> None:
        self.finished.append(len(self.passed))

    async def answer_questions(self) -> None:
        """Nobody asks."""

    async def text_again(self, submissions: Sequence[DemoSubmission], word: str) -> None:
        self.texted += [(one.story, word) for one in submissions]


async def played(day: Scenario, seconds: float) -> tuple[RecordingSubmitter, ScenarioClock]:
    submitter, clock = RecordingSubmitter(), ScenarioClock(day.deliveries[0].delivered_at)
    await submit_all(day, submitter, clock, seconds)
    return submitter, clock


async def test_everything_is_handed_in_once_and_in_order() -> None:
    submitter, clock = await played(DAY, 0.5)
    assert [d for chunk in submitter.passed for d in chunk] == list(DAY.deliveries)
    assert clock.delivered == len(DAY.deliveries)
    assert clock.now == DAY.deliveries[-1].delivered_at


async def test_the_day_comes_bit_by_bit_and_the_backlog_at_once() -> None:
    submitter, _ = await played(DAY, 0.75)
    *live, backlog = submitter.passed
    assert len(live) == 3
    assert max(map(len, live)) - min(map(len, live)) <= 1
    assert len(backlog) == DAY.final_burst > DAY.backlog > 0
    assert submitter.finished == [3, 4]  # the backlog comes when the day is over
