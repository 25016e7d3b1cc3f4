"""``route311 triage``: the rules of duplicates and urgency, measured and explained."""

from cli.evaluate.command import app
from cli.explain.command import explain

app.command()(explain)

__all__ = ["app"]
