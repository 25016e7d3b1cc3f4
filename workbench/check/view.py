"""Terminal output of a check."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from workbench.check.report import CheckReport, InvariantResult
from workbench.check.wait_until_idle import OnProgress

_STEPS = {
    "settling": "waiting for what is under way",
    "tables": "reading the tables",
    "log files": "searching log files",
    "log": "reading the log",
    "invariants": "judging",
}


@contextmanager
def live_progress(console: Console, *, hidden: bool) -> Generator[OnProgress]:
    """Show a bar for each step, unless hidden or not on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden
    ) as bars:

        def on_progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS.get(step, step), total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield on_progress


def show(report: CheckReport, console: Console) -> None:
    """Print every invariant with its violations."""
    for result in report.invariants:
        _show(result, console)
    held = sum(result.holds for result in report.invariants)
    colour = "green" if report.holds else "red"
    console.print(
        f"[{colour}]{held} of {len(report.invariants)} invariants hold[/] over "
        f"{report.requests:,} requests and {report.records:,} records, in {report.seconds:.1f} s."
    )


def _show(result: InvariantResult, console: Console) -> None:
    mark = "[green]holds [/]" if result.holds else "[red]broken[/]"
    console.print(f"{mark} {result.id:<3} {escape(result.sentence)}", soft_wrap=True)
    for violation in result.violations:
        console.print(f"           {violation.count:,}: {violation.what}")
        for id_ in violation.ids:
            console.print(f"             {escape(id_)}", soft_wrap=True)
        if violation.count > len(violation.ids):
            console.print("             …")
