"""The day for somebody who runs a city."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, RenderableType

from cli.demo.report.at_bureaus import at_bureaus
from cli.demo.report.in_short import by_channel, in_short, urgent
from cli.demo.report.messages import messages
from cli.demo.report.next_steps import next_steps
from cli.demo.report.outcome import Outcome
from cli.demo.report.outside import outside
from cli.demo.report.refusals import refusals
from cli.demo.report.story_report import story_report

PARTS: Sequence[Callable[[Outcome], Iterator[RenderableType]]] = (
    in_short,
    story_report,
    by_channel,
    urgent,
    outside,
    at_bureaus,
    messages,
    refusals,
    next_steps,
)


def print_summary(console: Console, outcome: Outcome) -> None:
    """Print every part; all figures are what the topics and the API said."""
    for part in PARTS:
        for piece in part(outcome):
            console.print(piece)
