"""``route311 dlq replay``: progress and outcome of a replay of dead letters."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.terminal import printable
from shared.errors import Route311Error
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import Replay


class ReplayUnderWayError(Route311Error):
    """Another process holds the lock for replays."""

    code = "replay_under_way"


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """Numbers of records replayed, and skipped since they came back after an earlier replay."""

    sent: int
    came_back: int
    dry_run: bool

    def summary(self) -> str:
        """Return the result in a sentence."""
        verb = "would be sent again" if self.dry_run else "sent again"
        left = (
            f"; {self.came_back:,} were dead-lettered again after a replay: --again includes them"
        )
        return f"{self.sent:,} {verb}{left if self.came_back else ''}"


async def run_replay(
    replay: Replay, letters: AsyncGenerator[DeadLetter, None], console: Console | None
) -> ReplayOutcome:
    """Run a replay and show its progress on the console, if any."""
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.completed:,} read")
    with Progress(*columns, console=console or Console(quiet=True)) as bar:
        task = bar.add_task("replay", total=None)

        async def counted() -> AsyncGenerator[DeadLetter, None]:
            async for letter in letters:
                bar.advance(task)
                yield letter

        async with aclosing(counted()) as read:
            await replay.run(read)
    return ReplayOutcome(replay.sent, replay.returned, replay.dry_run)


def line_of(letter: DeadLetter) -> str:
    """Return a line for a dry run: target topic, position, origin, reason and size."""
    text = f"{letter.original.topic}  {letter.position}  source {letter.source}  {letter.code}"
    return printable(f"{text}  {letter.size:,} bytes")
