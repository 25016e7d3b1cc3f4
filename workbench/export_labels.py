"""``route311 evaluation``: ``export-labels``, labels for training from people's corrections."""

import gzip
import json
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, find_kafka
from cli.interrupts import run
from shared.catalogue import load_catalogue_with_indexes
from shared.contract.events import Decoder, Event, RequestTriaged
from shared.contract.topic import Topic
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS, TRIAGE_DECISIONS
from shared.runtime.consumer.messages import Message, parse_record
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess
from workbench.evaluation.feedback.changes import describe_changes, judge_again
from workbench.evaluation.feedback.labels import LabelledReport, label_reports
from workbench.evaluation.feedback.opinions import OpinionCollector
from workbench.evaluation.text_model.real_reports import TEXTS_SUFFIX, write_kinds, write_labels

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


KindsOption = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        writable=True,
        metavar="FILE",
        help="Write the labels of kinds and dangers to this file, as CSV.",
    ),
]


@evaluation.command("export-labels")
def export_labels(
    texts: TextsOption = None, kinds: KindsOption = None, data: DataOption = DEFAULT_DATA
) -> None:
    """Export labels of urgency, kinds and dangers from corrections and bureaus' reasons.

    Writes the labels of urgency as CSV to the standard output, for --labels of `route311 triage
    hints`, and those of kinds and dangers to the file of --kinds, for its --kinds. What they
    correct, and where the present model decides otherwise, goes to the standard error stream. The
    log keeps the texts of reports for 60 days: export at least that often. The file of --texts
    holds residents' words without contact data.

    Example: `route311 evaluation export-labels --kinds kinds.csv > feedback.csv`
    """
    labelled = run(_labels_of_feedback(find_kafka(data)))
    if texts is not None:
        _write_texts(labelled, texts)
        audit.record("texts_exported", data, file=str(texts), reports=len(labelled))
    if kinds is not None:
        with kinds.open("w", encoding="utf-8") as file:
            write_kinds([report.kind for report in labelled if report.kind], file)
    of_urgency = [report.urgency for report in labelled if report.urgency]
    write_labels(of_urgency, sys.stdout)
    counts = Counter(label.label for label in of_urgency)
    typer.echo(f"{len(of_urgency):,} labels of urgency: {dict(sorted(counts.items()))}", err=True)
    if labelled:
        present = judge_again(labelled, load_catalogue_with_indexes())
        for line in describe_changes(labelled, present):
            typer.echo(line, err=True)


def _write_texts(labelled: Iterable[LabelledReport], file: Path) -> None:
    """Write the texts as JSON Lines; a new file can be read by its owner alone."""
    file.touch(mode=0o600)
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        for report in labelled:
            item = {"id": report.id, "text": report.text}
            lines.write(json.dumps(item, ensure_ascii=False) + "\n")


async def _labels_of_feedback(access: KafkaAccess) -> list[LabelledReport]:
    """Return the labels of each report of the log that a person corrected or confirmed."""
    topics = (OPERATOR_COMMANDS, DISPATCH_CASES, TRIAGE_DECISIONS)
    bounds = await offset_bounds(access, [topic.name for topic in topics])
    collector = OpinionCollector()
    async with aclosing(_events(access, bounds, OPERATOR_COMMANDS)) as commands:
        async for command in commands:
            collector.add_command(command)
    async with aclosing(_events(access, bounds, DISPATCH_CASES)) as case_events:
        async for event in case_events:
            collector.add_case_event(event)
    opinions, kinds = collector.by_request(), collector.kinds_by_request()
    ids = opinions.keys() | kinds.keys()
    async with aclosing(_events(access, bounds, TRIAGE_DECISIONS)) as decisions:
        wanted = [
            event.data
            async for event in decisions
            if isinstance(event, RequestTriaged) and event.data.request_id in ids
        ]
    return label_reports(wanted, opinions, kinds)


async def _events(access: KafkaAccess, bounds: OffsetRanges, topic: Topic) -> AsyncGenerator[Any]:
    """Yield the events of a topic, in order within each partition; skip what is none."""
    decoder: Decoder[Event] = Decoder(topic.events)
    ranges = {p: offsets for p, offsets in bounds.items() if p.topic == topic.name}
    async with aclosing(read_records(access, ranges)) as records:
        async for record in records:
            parsed = parse_record(record, decoder, allows=topic.allows)
            if isinstance(parsed, Message):
                yield parsed.event
