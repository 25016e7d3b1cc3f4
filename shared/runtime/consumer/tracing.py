"""Spans of processed messages; what a handler publishes carries theirs on as its trace context."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from shared.contract.events import Event
from shared.runtime.consumer.messages import Message
from shared.runtime.consumer.retry import Item
from shared.runtime.kafka import Record
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
    name, attributes = f"process {record.topic}", attributes_of(record)
    return start_span(tracer, name, SpanKind.CONSUMER, parent, attributes)


def attributes_of(record: Record) -> Mapping[str, str | int]:
    """Return what a span tells of the record that it is about."""
    return {
        "messaging.system": "kafka",
        TOPIC_NAME: record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
    }


def _with_context(item: Item[E], span: trace.Span) -> Item[E]:
    traceparent = traceparent_of(span)
    if not isinstance(item, Message) or traceparent is None:
        return item
    return replace(item, event=item.event.model_copy(update={"traceparent": traceparent}))
