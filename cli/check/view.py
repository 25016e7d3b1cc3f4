"""What a person sees of a check."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars

from cli.check.progress import Progress
from cli.check.report import Report, Verdict

_STEPS = {
    "settling": "waiting for what is under way",
    "tables": "reading the tables",
    "log": "reading the log",
    "invariants": "judging",
}


class _Live:
    """A bar for each step."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def at(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(_STEPS.get(step, step), total=total)
        self._bars.update(self._tasks[step], completed=done, total=total)


@contextmanager
def live_progress(console: Console, *, hidden: bool) -> Generator[Progress]:
    """Show how far a check is, unless hidden or not on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden
    ) as bars:
        yield _Live(bars)


def show(report: Report, console: Console) -> None:
    """Print every invariant, and of a broken one what breaks it."""
    for verdict in report.invariants:
        _show(verdict, console)
    held = sum(verdict.holds for verdict in report.invariants)
    colour = "green" if report.holds else "red"
    console.print(
        f"[{colour}]{held} of {len(report.invariants)} invariants hold[/] over "
        f"{report.requests:,} requests and {report.records:,} records, in {report.seconds:.1f} s."
    )


def _show(verdict: Verdict, console: Console) -> None:
    mark = "[green]holds [/]" if verdict.holds else "[red]broken[/]"
    console.print(f"{mark} {verdict.id:<3} {escape(verdict.sentence)}", soft_wrap=True)
    for violation in verdict.violations:
        console.print(f"           {violation.count:,}: {violation.what}")
        for name in violation.ids:
            console.print(f"             {escape(name)}", soft_wrap=True)
        if violation.count > len(violation.ids):
            console.print("             …")
