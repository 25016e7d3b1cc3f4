"""The ``route311`` program."""

import importlib.metadata
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.commands import COMMANDS, CliCommand
from cli.interrupts import InterruptedRunError
from shared.errors import Route311Error

_INTERRUPTED = 130


def main() -> None:
    """Run the command line.

    An expected error is one readable line on the standard error stream and exit code 1. An
    interrupted command ends with 130, like a shell.
    """
    try:
        build(sys.argv[1:])()
    except (Route311Error, OSError) as error:
        sys.exit(f"route311: {describe(error)}")
    except (InterruptedRunError, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)


def build(arguments: Sequence[str]) -> typer.Typer:
    """Return the program; only the command that the arguments name is imported."""
    app = typer.Typer(
        name="route311",
        help="An event-driven router for a city's 311 requests.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_options)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for command in COMMANDS:
        if command.name == wanted:
            _add(app, command)
        else:
            app.command(command.name, help=command.help, rich_help_panel=command.section)(
                _placeholder
            )
    return app


def describe(error: Route311Error | OSError) -> str:
    """Return the error in one line, with the file name of an OSError."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _add(app: typer.Typer, command: CliCommand) -> None:
    loaded = command.load()
    if isinstance(loaded, typer.Typer):
        app.add_typer(
            loaded,
            name=command.name,
            help=command.help,
            no_args_is_help=True,
            rich_help_panel=command.section,
        )
    else:
        app.command(command.name, rich_help_panel=command.section)(loaded)


def _placeholder() -> None:
    """Stand in for a command in the list of commands."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"route311 {importlib.metadata.version('route311')}")
        raise typer.Exit


_VersionOption = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


def _options(*, version: _VersionOption = False) -> None:
    """Handle the options of the program itself."""
