"""The group ``route311 notify``."""

import typer

from cli.notify.held import held
from cli.notify.log import log
from cli.notify.preview import preview
from cli.notify.rewrap import rewrap
from cli.notify.suppressed import suppressed
from cli.notify.unknown import unknown

notify = typer.Typer(
    help="Preview messages; see and settle what is not sent or unknown.", no_args_is_help=True
)
notify.command()(preview)
notify.add_typer(unknown, name="unknown")
notify.command()(suppressed)
notify.command()(held)
notify.command()(log)
notify.command()(rewrap)
