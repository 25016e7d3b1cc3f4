"""How a replay goes on, and how it ended."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.recovery.render import printable
from shared.errors import Route311Error
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import Replay


class UnderWayError(Route311Error):
    """Somebody else is sending parked records again just now."""

    code = "replay_under_way"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay did.

    Attributes:
        sent: Records given to the outbox; of a dry run, those that would have been.
        came_back: Records left alone since they came back after an earlier replay.
    """

    sent: int
    came_back: int
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        return asdict(self)

    def summary(self) -> str:
        """Return it in words."""
        verb = "would be sent again" if self.dry_run else "sent again"
        left = f"; {self.came_back:,} came back after an earlier replay: --again sends them too"
        return f"{self.sent:,} {verb}{left if self.came_back else ''}"


async def run_replay(
    replay: Replay, records: AsyncGenerator[DeadLetter, None], console: Console | None
) -> Outcome:
    """Run the replay and show how far it is; a dry run prints each record on stdout."""
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.completed:,} read")
    with Progress(*columns, console=console or Console(quiet=True)) as bar:
        task = bar.add_task("replay", total=None)

        async def counted() -> AsyncGenerator[DeadLetter, None]:
            async for parked in records:
                bar.advance(task)
                yield parked

        async with aclosing(counted()) as read:
            await replay.run(read)
    return Outcome(replay.sent, replay.returned, replay.dry_run)


def line_of(parked: DeadLetter) -> str:
    """Return in one line what is sent: whereto, from where, why it was parked, and its size."""
    said = f"{parked.original.topic}  {parked.position}  source {parked.source}  {parked.code}"
    return printable(f"{said}  {parked.size:,} bytes")
