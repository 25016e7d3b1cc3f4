"""``route311 triage``: the rules of duplicates and urgency, measured and explained."""

from services.triage.evaluation.cli.command import app
from shared.cli.explain.command import explain

app.command()(explain)

__all__ = ["app"]
