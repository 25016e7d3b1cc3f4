"""Output of a replay: progress, summary and JSON."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn
from rich.text import Text
from typing_extensions import override

from cli.terminal import show_facts
from workbench.replay.outcomes import OutcomeCounter, OutcomeCounts
from workbench.replay.runner import SendProgress

_LISTED = 15


@contextmanager
def live_progress(console: Console, sent: SendProgress, counter: OutcomeCounter) -> Generator[None]:
    """Show the numbers of rows that were sent, answered and decided while the block runs.

    Args:
        sent: Rows that were sent so far.
    """

    def line() -> str:
        counts = counter.counts()
        return (
            f"{sent.sent:,} sent, {counts.answered:,} answered, {counts.decided:,} decided, "
            f"{counts.with_work:,} cases at a bureau"
        )

    with Progress(
        SpinnerColumn(),
        TimeElapsedColumn(),
        _StatusLine(line),
        console=console,
        refresh_per_second=2,
    ) as bar:
        bar.add_task("replay", total=None)
        yield


class _StatusLine(ProgressColumn):
    def __init__(self, line: Callable[[], str]) -> None:
        super().__init__()
        self._line = line

    @override
    def render(self, task: Task) -> Text:
        return Text(self._line())


def as_json(sent: SendProgress, counts: OutcomeCounts, took_s: float) -> dict[str, Any]:
    """Return the summary as a JSON object.

    Args:
        took_s: Seconds from the first row to the last outcome.
    """
    return {
        "sent": sent.sent,
        "unsendable": sent.unsendable,
        "unmapped": dict(sent.unmapped),
        "rejects": str(sent.rejects) if sent.rejects else None,
        "took_s": round(took_s, 2),
        "requests_per_s": round(sent.sent / took_s, 1),
        **counts.as_json(),
    }


def summary(console: Console, sent: SendProgress, counts: OutcomeCounts, took_s: float) -> None:
    """Print the counts of a replay and its speed.

    Args:
        took_s: Seconds from the first row to the last outcome.
    """
    show_facts(console, _rows(sent, counts, took_s))
    _list(console, "No kind in the catalogue, sent as OTHER", sent.unmapped)
    _list(console, "Rejected, by first reason", counts.rejected)
    _list(console, "Work orders by bureau", counts.bureaus)
    if sent.rejects:
        console.print(f"Rows that could not be sent, with the reason: {sent.rejects}")


def _rows(sent: SendProgress, counts: OutcomeCounts, took_s: float) -> list[tuple[str, str]]:
    before = counts.accepted - counts.decided
    rows = [
        ("sent", f"{sent.sent:,}"),
        ("not sendable", f"{sent.unsendable:,}"),
        ("accepted", f"{counts.accepted:,}"),
        ("rejected", f"{counts.rejected.total():,}"),
        ("decided", f"{counts.decided:,}  {_by_name(counts.outcomes)}"),
        ("decided before", f"{before:,}"),
        ("priorities", _by_name(counts.levels)),
        ("emergencies", f"{counts.emergencies:,}"),
        ("new cases", f"{counts.new_cases:,}, {counts.with_work:,} of them at a bureau"),
        ("took", f"{took_s:.1f} s, {sent.sent / took_s:,.0f} requests/s end to end"),
    ]
    return [(name, value) for name, value in rows if value not in {"", "0"}]


def _by_name(counter: Counter[str]) -> str:
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
