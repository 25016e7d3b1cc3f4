"""What was not taken, and why."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from cli.demo.report.layout import heading, table
from cli.demo.report.outcome import Outcome
from shared.contract.topics import DEAD_LETTERS


def refusals(outcome: Outcome) -> Iterator[RenderableType]:
    """List the rejected submissions, the parked records and the refused updates by reason."""
    facts = outcome.facts
    yield heading("What was not taken, and why")
    rejected = Counter(
        (", ".join(error.code for error in rejection.errors), rejection.submission_source)
        for rejection in facts.rejected.values()
    )
    yield table(
        "rejected for",
        "from:",
        "number",
        rows=[(codes, source, n) for (codes, source), n in rejected.most_common()],
    )
    parked = Counter((parked.code, parked.topic) for parked in facts.parked)
    yield table(
        "parked as",
        "on:",
        "number",
        rows=[(code, f"{topic}{DEAD_LETTERS}", n) for (code, topic), n in parked.most_common()],
    )
    for receipt in facts.refused:
        yield Text(f"Update of {receipt.bureau} refused, {receipt.code}: {receipt.message}")
