"""Reads what the labels of feedback come from out of the log of a running router."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from shared.contract.events import Decoder, Event, RequestTriaged
from shared.contract.topic import Topic
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS, TRIAGE_DECISIONS
from shared.runtime.consumer.messages import Message, parse_record
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess
from workbench.evaluation.feedback.labels import LabelledReport, label_reports
from workbench.evaluation.feedback.opinions import OpinionCollector


async def read_labels_of_feedback(access: KafkaAccess) -> list[LabelledReport]:
    """Return a label for each report of the log whose urgency a person corrected or confirmed.

    Args:
        access: Address and credentials of Kafka; operators may read all topics.
    """
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
