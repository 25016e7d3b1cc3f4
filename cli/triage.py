"""``route311 triage``: ``evaluate``, ``learn``, ``hints``, ``explain`` and ``judge``."""

from cli.explain.command import explain
from workbench.evaluate.command import app as triage
from workbench.judge import judge

__all__ = ["triage"]

triage.command()(explain)
triage.command()(judge)
