"""The ``route311`` program."""

import importlib.metadata
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.commands import COMMANDS, Command
from cli.interrupts import InterruptedRunError
from shared.errors import Route311Error

_STOPPED = 130


def main() -> None:
    """Run the command line; what went wrong is one readable line, and exit code 1.

    A command that was asked to stop ends with 130, as the shell itself would say it.
    """
    try:
        build(sys.argv[1:])()
    except (Route311Error, OSError) as error:
        sys.exit(f"route311: {describe(error)}")
    except (InterruptedRunError, KeyboardInterrupt):
        sys.exit(_STOPPED)


def build(arguments: Sequence[str]) -> typer.Typer:
    """Return the program with only the command that these arguments ask for really loaded."""
    app = typer.Typer(
        name="route311",
        help="An event-driven router for a city's 311 requests.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for command in COMMANDS:
        if command.name == asked:
            _add(app, command)
        else:
            app.command(command.name, help=command.help)(_not_loaded)
    return app


def describe(error: Route311Error | OSError) -> str:
    """Return what went wrong in one line, with the file where one is to blame."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _add(app: typer.Typer, command: Command) -> None:
    found = command.load()
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=command.name, help=command.help)
    else:
        app.command(command.name)(found)


def _not_loaded() -> None:
    """Stand for a command in the list of commands."""


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"route311 {importlib.metadata.version('route311')}")
        raise typer.Exit


_VersionOption = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


def _options(*, version: _VersionOption = False) -> None:
    """Take the options that are no command's own."""
