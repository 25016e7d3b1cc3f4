"""``route311 triage``: ``evaluate``, ``learn``, ``hints``, ``explain`` and ``judge``."""

from cli.evaluate.command import app as triage
from cli.explain.command import explain
from cli.judge import judge

__all__ = ["triage"]

triage.command()(explain)
triage.command()(judge)
