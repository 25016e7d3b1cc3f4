"""``route311 evaluation``: ``export-labels``, labels of urgency from people's corrections."""

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
from shared.contract.events import Decoder, Event, RequestTriaged
from shared.contract.topic import Topic
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS, TRIAGE_DECISIONS
from shared.runtime.consumer.messages import Message, parse_record
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess
from workbench.evaluation.feedback.labels import LabelledReport, label_reports
from workbench.evaluation.feedback.opinions import OpinionCollector
from workbench.evaluation.text_model.real_reports import TEXTS_SUFFIX, write_labels

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
    labelled = run(_labels_of_feedback(find_kafka(data)))
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


async def _labels_of_feedback(access: KafkaAccess) -> list[LabelledReport]:
    """Return a label for each report of the log whose urgency a person corrected or confirmed."""
    topics = (OPERATOR_COMMANDS, DISPATCH_CASES, TRIAGE_DECISIONS)
    bounds = await offset_bounds(access, [topic.name for topic in topics])
    collector = OpinionCollector()
    async with aclosing(_events(access, bounds, OPERATOR_COMMANDS)) as commands:
        async for command in commands:
            collector.add_command(command)
    async with aclosing(_events(access, bounds, DISPATCH_CASES)) as case_events:
        async for event in case_events:
            collector.add_case_event(event)
    opinions = collector.by_request()
    async with aclosing(_events(access, bounds, TRIAGE_DECISIONS)) as decisions:
        wanted = [
            event.data
            async for event in decisions
            if isinstance(event, RequestTriaged) and event.data.request_id in opinions
        ]
    return label_reports(wanted, opinions)


async def _events(access: KafkaAccess, bounds: OffsetRanges, topic: Topic) -> AsyncGenerator[Any]:
    """Yield the events of a topic, in order within each partition; skip what is none."""
    decoder: Decoder[Event] = Decoder(topic.events)
    ranges = {p: offsets for p, offsets in bounds.items() if p.topic == topic.name}
    async with aclosing(read_records(access, ranges)) as records:
        async for record in records:
            parsed = parse_record(record, decoder, allows=topic.allows)
            if isinstance(parsed, Message):
                yield parsed.event
