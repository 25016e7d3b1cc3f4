"""The commands of ``route311``, each named by where it is, so that help loads none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        target: ``module:name`` of the function, or of the ``typer.Typer`` of a group.
        help: The first line of the function's or the group's own help.
    """

    name: str
    target: str
    help: str

    def load(self) -> "Callable[..., Any] | typer.Typer":
        """Import the command."""
        module, _, name = self.target.partition(":")
        found: Callable[..., Any] | typer.Typer = getattr(import_module(module), name)
        return found


COMMANDS = (
    Command(
        "demo",
        "cli.demo.command:demo",
        "Start everything, play one day in Portland, and end with a summary.",
    ),
    Command(
        "replay",
        "cli.replay.command:replay",
        "Feed an export into a running router and show what becomes of every row.",
    ),
    Command(
        "submit",
        "cli.submit:submit",
        "Hand in one report to the running router and show its number, or what is wrong with it.",
    ),
    Command(
        "operator",
        "cli.operator.command:operator",
        "Correct a case of the running router, and see what became of it.",
    ),
    Command(
        "status",
        "cli.status:status",
        "Show lag, outboxes, dead letters, and cases by status and priority.",
    ),
    Command("dlq", "cli.recovery.dlq:app", "Show what was parked, and send it again."),
    Command(
        "republish",
        "cli.recovery.republish:republish",
        "Publish again what the outboxes hold since a moment; set readers' positions right.",
    ),
    Command(
        "check",
        "cli.check.command:check",
        "Check the invariants over a running router, and name what breaks them.",
    ),
    Command(
        "bench",
        "cli.bench.command:bench",
        "Measure the router's speed against the raw limit, in one run.",
    ),
    Command(
        "triage",
        "cli.triage:triage",
        "Measure, learn and explain how duplicates and urgency are decided.",
    ),
    Command("catalogue", "cli.catalogue:app", "Check the service catalogue."),
    Command(
        "migrate",
        "cli.deployment:migrate",
        "Bring roles, schemas and tables to the version of this code; safe to repeat.",
    ),
    Command("topics", "cli.deployment:topics", "Make Kafka's topics what the registry says."),
    Command("keys", "cli.keys:keys", "Make keys for adapters, bureaus and operators."),
    Command("up", "cli.up:up", "Start Kafka, PostgreSQL and the services here."),
)
