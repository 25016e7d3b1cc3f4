"""Spans of processed messages; what a handler publishes carries theirs on as its trace context."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from shared.contract.events import Event
from shared.runtime.consumer.messages import Message
from shared.runtime.consumer.retry import Item
from shared.runtime.ops.span_attributes import TOPIC_NAME
from shared.runtime.ops.tracing import ending, start_span, traceparent_of, tracer

E = TypeVar("E", bound=Event)


@contextmanager
def processing(items: Sequence[Item[E]]) -> Generator[Sequence[Item[E]]]:
    """Open one span per message; yield the items, with the spans as their trace context."""
    found = tracer()
    if found is None:
        yield items
        return
    spans = [_start_span(found, item) for item in items]
    with ending(spans):
        yield [_with_context(item, span) for item, span in zip(items, spans, strict=True)]


def _start_span(tracer: trace.Tracer, item: Item[E]) -> trace.Span:
    record = item.record
    parent = item.event.traceparent if isinstance(item, Message) else None
    attributes: dict[str, str | int] = {
        "messaging.system": "kafka",
        TOPIC_NAME: record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
    }
    return start_span(tracer, f"process {record.topic}", SpanKind.CONSUMER, parent, attributes)


def _with_context(item: Item[E], span: trace.Span) -> Item[E]:
    traceparent = traceparent_of(span)
    if not isinstance(item, Message) or traceparent is None:
        return item
    return replace(item, event=item.event.model_copy(update={"traceparent": traceparent}))
