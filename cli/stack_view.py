"""Terminal output of a local stack that starts, runs and stops."""

import signal
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cli.terminal import printable, show_facts
from deploy.local.report import Died, LeftoversEnded, Prepared, StackEvent, Started
from deploy.local.stack_file import Stack


class StackView:
    """Prints the progress of a local stack."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def show(self, happening: StackEvent) -> None:
        """Print one event of the stack."""
        match happening:
            case Started(name, where, took_s):
                self._step(name, where, took_s)
            case Prepared(what, took_s):
                self._step("prepared", what, took_s)
            case LeftoversEnded(names):
                self._print(f"[yellow]ended processes of an earlier run:[/] {', '.join(names)}")
            case Died():
                self._died(happening)

    def ready(self, stack: Stack, data: Path, took_s: float) -> None:
        """Print the addresses of the running stack."""
        self._print(f"[green]The router is ready[/] after {took_s:.1f} s.")
        show_facts(self._console, _addresses(stack, data))
        self.runs(stack)

    def runs(self, stack: Stack) -> None:
        """Print how to stop the stack, and last the address of the residents' pages."""
        self._print(f"Ctrl-C stops it.\n[bold]open {escape(stack.intake)}[/]")

    def stopping(self) -> None:
        """Print that the stack is stopping."""
        self._print("Stopping …")

    def stopped(self) -> None:
        """Print that the stack has stopped."""
        self._print("Stopped.")

    def _step(self, name: str, text: str, took_s: float) -> None:
        self._print(f"  [green]{name:<10}[/] {escape(text):<28} {took_s:5.1f} s")

    def _died(self, died: Died) -> None:
        when = f"in {died.pause_s:.1f} s" if died.pause_s else "at once"
        self._print(
            f"  [red]{died.name:<10}[/] {_ending(died.exit_code)}; "
            f"starts again {when}. Its last lines:"
        )
        for line in died.last_lines:
            self._print(f"    [dim]{escape(printable(line))}[/]")

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return "did not get ready"
    if exit_code < 0:
        return f"was killed by {signal.Signals(-exit_code).name}"
    return f"ended with code {exit_code}"


def _addresses(stack: Stack, data: Path) -> list[tuple[str, str]]:
    return [
        ("intake", stack.intake),
        ("triage", stack.triage),
        ("dispatch", stack.dispatch),
        ("notify", stack.notify),
        ("Kafka", stack.kafka),
        ("e-mail in", f"smtp://{stack.inbound_mail}"),
        ("mail", str(stack.mail_folder)),
        ("SMS", str(stack.sms_folder)),
        ("logs", str(data / "logs")),
        ("keys", str(data / "stack.json")),
    ]
