"""``route311 evaluation``: ``export-labels``, labels of urgency from people's corrections."""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, find_kafka
from cli.interrupts import run
from workbench.evaluation.feedback.labels import LabelledReport
from workbench.evaluation.text_model.real_reports import TEXTS_SUFFIX, write_labels
from workbench.export_labels.log import read_labels_of_feedback

evaluation = typer.Typer()


def _texts_file(text: str) -> Path:
    if not text.endswith(TEXTS_SUFFIX):
        raise typer.BadParameter(
            f"its name must end with {TEXTS_SUFFIX}: training reads only those"
        )
    return Path(text)


TextsOption = Annotated[
    Path | None,
    typer.Option(
        parser=_texts_file,
        metavar="FILE",
        help=f"Write the redacted texts to this file, *{TEXTS_SUFFIX}.",
    ),
]


@evaluation.command("export-labels")
def export_labels(texts: TextsOption = None, data: DataOption = DEFAULT_DATA) -> None:
    """Export labels of urgency from operators' corrections and bureaus' reasons.

    Writes CSV to the standard output, for --labels of `route311 triage hints`. The log keeps the
    texts of reports for 60 days: export at least that often. The file of --texts holds residents'
    words without contact data.

    Example: `route311 evaluation export-labels --texts feedback.jsonl.gz > feedback.csv`
    """
    labelled = run(read_labels_of_feedback(find_kafka(data)))
    if texts is not None:
        _write_texts(labelled, texts)
        audit.record("texts_exported", data, file=str(texts), reports=len(labelled))
    write_labels([report.label for report in labelled], sys.stdout)
    counts = Counter(report.label.label for report in labelled)
    typer.echo(f"{len(labelled):,} labels: {dict(sorted(counts.items()))}", err=True)


def _write_texts(labelled: Iterable[LabelledReport], file: Path) -> None:
    """Write the texts as JSON Lines; a new file can be read by its owner alone."""
    file.touch(mode=0o600)
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        for report in labelled:
            item = {"id": report.label.id, "text": report.text}
            lines.write(json.dumps(item, ensure_ascii=False) + "\n")
