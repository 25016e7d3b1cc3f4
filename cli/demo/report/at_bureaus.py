"""What each bureau of the city got, and what it did."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from cli.demo.report.layout import counted, heading, table
from cli.demo.report.outcome import Outcome
from cli.demo.run.bureaus import SILENT

_OPEN = ("acknowledged", "scheduled", "in_progress", "waiting_for_resident")


def at_bureaus(outcome: Outcome) -> Iterator[RenderableType]:
    """Count the work orders of each bureau by what the bureau said last."""
    facts, bureaus = outcome.facts, outcome.city.bureaus
    statuses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    leads: Counter[str] = Counter()
    for order in facts.orders.values():
        statuses[order.bureau][order.status] += 1
        leads[order.bureau] += order.role == "lead"
    largest_first = sorted(statuses, key=lambda code: -statuses[code].total())
    yield heading("What each bureau got and did")
    yield table(
        "bureau",
        "got",
        "leads",
        "done",
        "declined",
        "open",
        "silent",
        rows=[_row(bureaus[code].name, statuses[code], leads[code]) for code in largest_first],
    )
    given = sum(counter["transferred"] for counter in statuses.values())
    yield Text(
        f"{bureaus[SILENT].name} answered nothing, on purpose. "
        f"{counted(given, 'work order')} went on to another bureau."
    )


def _row(name: str, statuses: Counter[str], leads: int) -> tuple[object, ...]:
    return (
        name,
        statuses.total(),
        leads,
        statuses["completed"],
        statuses["declined"],
        sum(statuses[status] for status in _OPEN),
        statuses["issued"],
    )
