"""Findings of ``route311 bureau check``."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from cli.terminal import printable


@dataclass(frozen=True, slots=True)
class BureauFinding:
    """Something that is wrong with a bureau's program, or would be better.

    Attributes:
        sentence: What it is, and what to do.
        is_wrong: False for what would be better.
    """

    code: str
    sentence: str
    is_wrong: bool = True


def show(findings: Sequence[BureauFinding], console: Console) -> None:
    """Print the findings, what is wrong first."""
    for title, is_wrong in (("Wrong", True), ("Better", False)):
        found = [finding for finding in findings if finding.is_wrong == is_wrong]
        if found:
            console.print(f"[bold]{title}[/]")
        for finding in found:
            console.print(escape(f"  {printable(finding.sentence)}"), soft_wrap=True)
    if not any(finding.is_wrong for finding in findings):
        console.print("Nothing is wrong.")
