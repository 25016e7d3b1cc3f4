"""The day for somebody who runs a city."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, RenderableType

from shared.cli.demo.show.at_bureaus import at_bureaus
from shared.cli.demo.show.in_short import by_channel, in_short, urgent
from shared.cli.demo.show.messages import messages
from shared.cli.demo.show.next_steps import next_steps
from shared.cli.demo.show.outcome import Outcome
from shared.cli.demo.show.outside import outside
from shared.cli.demo.show.refusals import refusals
from shared.cli.demo.show.tales import tales

PARTS: Sequence[Callable[[Outcome], Iterator[RenderableType]]] = (
    in_short,
    tales,
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
