"""Distributed tracing: W3C trace context in event headers, through the OpenTelemetry API only.

Without a configured OpenTelemetry SDK a process creates no spans and forwards each trace
unchanged.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from opentelemetry import trace
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.contract.events import Event
from shared.runtime.consumer.messages import Message
from shared.runtime.consumer.retry import Item

_W3C = TraceContextTextMapPropagator()

E = TypeVar("E", bound=Event)


@contextmanager
def processing(
    items: Sequence[Item[E]], provider: trace.TracerProvider | None = None
) -> Generator[Sequence[Item[E]]]:
    """Open one span per message; yield the items, with the spans as their trace context."""
    provider = provider or trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        yield items
        return
    tracer = provider.get_tracer("route311")
    spans = [_start_span(tracer, item) for item in items]
    try:
        yield [_with_context(item, span) for item, span in zip(items, spans, strict=True)]
    finally:
        for span in spans:
            span.end()


def _start_span(tracer: trace.Tracer, item: Item[E]) -> trace.Span:
    record = item.record
    parent = item.event.traceparent if isinstance(item, Message) else None
    context = _W3C.extract({"traceparent": parent} if parent else {})
    return tracer.start_span(
        f"process {record.topic}",
        context=context,
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "kafka",
            "messaging.destination.name": record.topic,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
        },
    )


def _with_context(item: Item[E], span: trace.Span) -> Item[E]:
    context = span.get_span_context()
    if not isinstance(item, Message) or not context.is_valid:
        return item
    traceparent = (
        f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}"
        f"-{context.trace_flags:02x}"
    )
    return replace(item, event=item.event.model_copy(update={"traceparent": traceparent}))
