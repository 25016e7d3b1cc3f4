"""What a person sees of a replay."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from cli.replay.runner import ReplayResult
from cli.replay.tally import Result, Tally

_LISTED = 15


@contextmanager
def progress(console: Console, played: ReplayResult, tally: Tally) -> Generator[None]:
    """Show how many rows were sent, answered and decided, for as long as the block lasts."""

    def line() -> str:
        result = tally.result()
        return (
            f"{played.sent:,} sent, {result.answered:,} answered, {result.decided:,} decided, "
            f"{result.with_work:,} cases at a bureau"
        )

    with Progress(
        SpinnerColumn(), TimeElapsedColumn(), _Said(line), console=console, refresh_per_second=2
    ) as bar:
        bar.add_task("replay", total=None)
        yield


class _Said(ProgressColumn):
    def __init__(self, line: Callable[[], str]) -> None:
        super().__init__()
        self._line = line

    @override
    def render(self, task: Task) -> Text:
        return Text(self._line())


def as_json(played: ReplayResult, result: Result, took_s: float) -> dict[str, Any]:
    """Return the summary for a program."""
    return {
        "sent": played.sent,
        "unsendable": played.unsendable,
        "unmapped": dict(played.unmapped),
        "rejects": str(played.rejects) if played.rejects else None,
        "took_s": round(took_s, 2),
        "requests_per_s": round(played.sent / took_s, 1),
        **result.as_json(),
    }


def summary(console: Console, played: ReplayResult, result: Result, took_s: float) -> None:
    """Print what was sent, what became of it, and how fast."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, figure in _figures(played, result, took_s):
        table.add_row(name, figure)
    console.print(table)
    _list(console, "No kind in the catalogue, sent as OTHER", played.unmapped)
    _list(console, "Rejected, by first reason", result.rejected)
    _list(console, "Work orders by bureau", result.bureaus)
    if played.rejects:
        console.print(f"Rows that could not be sent, with the reason: {played.rejects}")


def _figures(played: ReplayResult, result: Result, took_s: float) -> list[tuple[str, str]]:
    before = result.accepted - result.decided
    figures = [
        ("sent", f"{played.sent:,}"),
        ("not sendable", f"{played.unsendable:,}"),
        ("accepted", f"{result.accepted:,}"),
        ("rejected", f"{result.rejected.total():,}"),
        ("decided", f"{result.decided:,}  {_counts(result.outcomes)}"),
        ("decided before", f"{before:,}"),
        ("priorities", _counts(result.levels)),
        ("emergencies", f"{result.emergencies:,}"),
        ("new cases", f"{result.new_cases:,}, {result.with_work:,} of them at a bureau"),
        ("took", f"{took_s:.1f} s, {played.sent / took_s:,.0f} requests/s end to end"),
    ]
    return [(name, figure) for name, figure in figures if figure not in {"", "0"}]


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counter.items()))


def _list(console: Console, title: str, counter: Counter[str]) -> None:
    if not counter:
        return
    console.print(f"[bold]{title}[/]")
    for name, count in counter.most_common(_LISTED):
        console.print(f"  {count:>7,}  {escape(name)}")
    if len(counter) > _LISTED:
        rest = sum(count for _, count in counter.most_common()[_LISTED:])
        console.print(f"  {rest:>7,}  in {len(counter) - _LISTED} more")
