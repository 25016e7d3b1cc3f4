"""``route311 up`` and ``env``: a router on this machine, and shell settings for its database."""

import asyncio
import shlex
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.connection import DEFAULT_DATA, DataOption, load_stack
from cli.interrupts import InterruptedRunError, run
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
        """Print how to stop the stack, the console, and last the residents' pages."""
        self._print("Ctrl-C stops it.")
        if stack.console:
            self._print(f"console    {escape(stack.console)}/console")
            self._print("           log in with keys.console of stack.json")
        self._print(f"[bold]open {escape(stack.intake)}[/]")

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
        ("insight", stack.insight),
        ("Kafka", stack.kafka),
        ("e-mail in", f"smtp://{stack.inbound_mail}"),
        ("mail", str(stack.mail_folder)),
        ("SMS", str(stack.sms_folder)),
        ("logs", str(data / "logs")),
        ("keys", str(data / "stack.json")),
    ]


FreshOption = Annotated[bool, typer.Option("--fresh", help="Delete the folder's data first.")]


def up(data: DataOption = DEFAULT_DATA, fresh: FreshOption = False) -> None:
    """Start Kafka, PostgreSQL and the services on this machine.

    They run until Ctrl-C; a service that dies is restarted. The data stay in the folder.

    Example: `route311 up`
    """
    view = StackView()
    with suppress(InterruptedRunError):
        run(_up(data, view, fresh=fresh))
    view.stopped()


async def _up(data: Path, view: StackView, *, fresh: bool) -> None:
    from deploy.local.supervisor import running_stack  # noqa: PLC0415 - slow to load

    began = time.monotonic()
    async with running_stack(data, fresh=fresh, report=view.show) as stack:
        view.ready(stack, data, time.monotonic() - began)
        try:
            await asyncio.Event().wait()
        finally:
            view.stopping()


def env(data: DataOption = DEFAULT_DATA) -> None:
    """Print shell settings for the commands of the guide: eval "$(route311 env)".

    PATH gets pg_dump, psql and others of the server's version, ROUTE311_ADMIN_DSN its address with
    the password, and NOTIFY_CONTACT_KEY and INTAKE_REPORTER_KEY the secrets of contacts.

    Example: `eval "$(route311 env)"`
    """
    from deploy.local.postgres_files import postgres_programs  # noqa: PLC0415 - only with `up`

    programs, stack = shlex.quote(str(postgres_programs(None))), load_stack(data)
    typer.echo(f'export PATH={programs}:"$PATH"')
    for name, value in (
        ("ROUTE311_ADMIN_DSN", stack.postgres),
        ("NOTIFY_CONTACT_KEY", stack.contact_key),
        ("INTAKE_REPORTER_KEY", stack.reporter_key),
    ):
        typer.echo(f"export {name}={shlex.quote(value)}")
