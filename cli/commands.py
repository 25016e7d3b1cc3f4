"""The registry of commands: the sections of ``route311 --help`` and the targets of each command.

Targets are strings, so that the list imports none of them, and so that the developers' commands in
``workbench`` are absent where that package is not installed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer


@dataclass(frozen=True, slots=True)
class CliCommand:
    """A command, or a group of commands."""

    section: str  # heading in the list of commands
    name: str
    # `module:name` of a function, or of the `typer.Typer` of a group; several are joined to one
    # group.
    targets: tuple[str, ...]
    help: str  # the line in the list; of a function, the first one of its docstring

    def load(self) -> "Callable[..., Any] | typer.Typer":
        """Import the command."""
        found = list(map(_imported, filter(_is_installed, self.targets)))
        if len(self.targets) == 1:
            return found[0]
        group = typer.Typer()
        for member in found:
            if isinstance(member, typer.Typer):
                group.add_typer(member)
            else:
                group.command()(member)
        return group


_TABLE = """
Run it
 demo       workbench.demo.command:demo          Start everything, play one day in Portland, and end with a summary.
 up         cli.up:up                            Start Kafka, PostgreSQL and the services on this machine.
 submit     cli.submit:submit                    Submit one report and show its number, or its errors.
Look at it
 status     cli.status:status                    Show lag, outboxes, dead letters, and cases by status and priority.
 cases      cli.cases:cases                      List, show and watch cases.
 triage     cli.explain.command:explain+workbench.evaluate.command:app+workbench.judge:judge  Explain, measure and train decisions about duplicates and urgency.
 check      workbench.check.command:check        Check the invariants over a running router, and name what breaks them.
Correct it
 operator   cli.operator.command:operator        Correct and handle a case: priority, bureau, kind, place, duplicates, words, end of work.
 notify     cli.notify.preview:preview+cli.notify.deliveries:deliveries+cli.notify.rewrap:rewrap  Preview messages to residents; settle those that are held or unknown.
 erase      cli.erase.command:erase              Erase a person's contact data and original texts; cases stay.
Get lost things back
 dlq        cli.dlq.command:dlq                  List dead letters and replay them.
 skip       cli.skip:skip                        Dead-letter one record that a service cannot get past.
 republish  cli.republish:republish              Publish the outboxes again, and rewind readers, after Kafka lost records.
 offsets    cli.offsets:offsets                  Set readers' positions after a restore of the database.
Set it up
 migrate    cli.migrate:migrate                  Update roles, schemas and tables to this version; idempotent.
 topics     cli.topics:topics                    Create and update Kafka's topics, access rules and users.
 keys       cli.keys:keys                        Make and revoke API keys of adapters, bureaus and operators.
 user       cli.user:user                        Add people of the console, and list them.
 bureau     cli.bureau.command:bureau+workbench.bureau.command:bureau  Manage bureau delivery: webhooks, forwarding, and tests of a bureau's program.
 env        cli.up:env                           Print shell settings for the commands of the guide: eval "$(route311 env)".
For a city's data
 catalogue  cli.catalogue:catalogue              Look up, check and build the service catalogue.
 routing    cli.routing.command:routing          Explain and check how reports are routed to bureaus.
 gazetteer  cli.gazetteer:gazetteer              Load a city's addresses and places for geocoding.
 export     cli.export:export                   Write open data: public requests by month.
 insight    cli.insight.command:insight         Estimate reporting rates from any city's export.
 map        cli.map:map_                         Build the base map of the residents' pages.
 evaluation workbench.export_labels:evaluation   Export people's corrections as training labels.
For developers
 replay     workbench.replay.command:replay      Replay an export into a running router and count the outcomes.
 adapter    workbench.adapter.command:adapter    Test what an adapter writes to Kafka.
 bench      workbench.bench.command:bench        Measure the router's speed on this machine.
"""  # noqa: E501 - a table


def _read(table: str) -> Iterator[CliCommand]:
    """Yield the installed commands of a table; a line without an indent begins a section."""
    section = ""
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            section = line
            continue
        name, targets, text = line.split(maxsplit=2)
        command = CliCommand(section, name, tuple(targets.split("+")), text)
        if any(map(_is_installed, command.targets)):
            yield command


@cache
def _is_installed(target: str) -> bool:
    return find_spec(target.partition(".")[0]) is not None


def _imported(target: str) -> "Callable[..., Any] | typer.Typer":
    module, _, name = target.partition(":")
    found: Callable[..., Any] | typer.Typer = getattr(import_module(module), name)
    return found


COMMANDS = tuple(_read(_TABLE))  # in the order in which `--help` lists them
