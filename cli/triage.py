"""``route311 triage``: the group of commands about duplicates and urgency.

=============  ================================
``evaluate``   ``cli/evaluate/command.py``
``learn``      ``cli/evaluate/command.py``
``hints``      ``cli/evaluate/command.py``
``explain``    ``cli/explain/command.py``
``judge``      ``cli/judge.py``
=============  ================================
"""

from cli.evaluate.command import app as triage
from cli.explain.command import explain
from cli.judge import judge

triage.command()(explain)
triage.command()(judge)

__all__ = ["triage"]
