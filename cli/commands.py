"""The commands of ``route311``: each is ``cli/<name>.py``, or ``cli/<name>/command.py``.

They are named and not imported here, so that the list of commands loads none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer


@dataclass(frozen=True, slots=True)
class CliCommand:
    """A command.

    Attributes:
        name: The word on the command line.
        target: ``module:name`` of a function, or of the ``typer.Typer`` of a group of commands.
        help: First line of the help of that function or group.
    """

    name: str
    target: str
    help: str

    def load(self) -> "Callable[..., Any] | typer.Typer":
        """Import the command."""
        module, _, name = self.target.partition(":")
        found: Callable[..., Any] | typer.Typer = getattr(import_module(module), name)
        return found


_TABLE = """
up         cli.up:up                      Start Kafka, PostgreSQL and the services here.
demo       workbench.demo.command:demo          Start everything, play one day in Portland, and end with a summary.
replay     workbench.replay.command:replay      Feed an export into a running router and show what becomes of every row.
submit     cli.submit:submit              Submit one report to the running router and show its number, or what is wrong with it.
adapter    workbench.adapter.command:adapter    Help for those who write adapters.
operator   cli.operator.command:operator  Correct a case of the running router, and see what became of it.
bureau     cli.bureau.command:bureau      See to the ways in which bureaus get work.
status     cli.status:status              Show lag, outboxes, dead letters, and cases by status and priority.
skip       cli.skip:skip                  Park one record that a service cannot get past, with the reason.
dlq        cli.dlq.command:dlq            Show what was parked, and send it again.
erase      cli.erase.command:erase        Remove contact data and original texts of a person; cases and statistics stay.
notify     cli.notify.command:notify      Preview messages; see and settle what is not sent or unknown.
republish  cli.republish:republish        Publish again what the outboxes hold since a moment; set readers' positions right.
offsets    cli.offsets:offsets            Set readers' positions after a restore.
check      workbench.check.command:check        Check the invariants over a running router, and name what breaks them.
bench      workbench.bench.command:bench        Measure the router's speed in one run.
triage     cli.triage:triage              Measure, learn and explain how duplicates and urgency are decided.
evaluation workbench.export_labels.command:evaluation  Export what people corrected, to train on.
catalogue  cli.catalogue:app              Check and build the service catalogue.
routing    cli.routing.command:routing    Explain and check how reports find their bureau.
gazetteer  cli.gazetteer:gazetteer        Load the places by which a city's addresses are found on the map.
migrate    cli.migrate:migrate            Bring roles, schemas and tables to the version of this code; safe to repeat.
topics     cli.topics:topics              Make Kafka's topics what the registry says.
keys       cli.keys:keys                  Make and revoke keys of adapters, bureaus and operators.
env        cli.env:env                    Print shell settings for PostgreSQL's programs; use it as eval "$(route311 env)".
"""  # noqa: E501 - a table

COMMANDS = tuple(CliCommand(*line.split(maxsplit=2)) for line in _TABLE.strip().splitlines())
"""In the order in which ``--help`` lists them."""
