"""The group ``route311 notify``."""

import typer

from cli.notify.deliveries import held, log, suppressed, unknown
from cli.notify.preview import preview
from cli.notify.rewrap import rewrap

notify = typer.Typer()
notify.command()(preview)
notify.add_typer(unknown, name="unknown")
notify.command()(suppressed)
notify.command()(held)
notify.command()(log)
notify.command()(rewrap)
