"""What a person sees of learnt hints."""

from rich.console import Console
from rich.table import Table

from evaluation.text_model.train import TrainedModel


def show_hints(learnt: TrainedModel, console: Console) -> None:
    """Print how well the hints do on writers whom they do not know."""
    table = Table("condition", "language", "found", "false alarms", "hints")
    for code, by_language in learnt.fitted.items():
        for language, one in by_language.items():
            rates = f"{one.recall:.1%}", f"{one.false_alarms:.1%}"
            table.add_row(code, language, *rates, f"{len(one.hints.points):,}")
    console.print(table)
