"""Traces across services: W3C context in the headers, by the OpenTelemetry API alone.

A process that sets no OpenTelemetry SDK up makes no spans and passes each trace on as it came.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from opentelemetry import trace
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.contract.events import Event
from shared.runtime.consumer.messages import Message, record_position
from shared.runtime.consumer.retry import Item

_W3C = TraceContextTextMapPropagator()

E = TypeVar("E", bound=Event)


@contextmanager
def processing(
    items: Sequence[Item[E]], provider: trace.TracerProvider | None = None
) -> Generator[Sequence[Item[E]]]:
    """Keep one span open for each message, and let what follows from it continue that span.

    Args:
        items: The batch.
        provider: Who makes the spans; the process's own when left out.
    """
    provider = provider or trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        yield items
        return
    tracer = provider.get_tracer("route311")
    spans = [_start(tracer, item) for item in items]
    try:
        yield [_under(item, span) for item, span in zip(items, spans, strict=True)]
    finally:
        for span in spans:
            span.end()


def _start(tracer: trace.Tracer, item: Item[E]) -> trace.Span:
    upstream = item.event.traceparent if isinstance(item, Message) else None
    context = _W3C.extract({"traceparent": upstream} if upstream else {})
    return tracer.start_span(
        f"process {item.record.topic}",
        context=context,
        kind=SpanKind.CONSUMER,
        attributes={"messaging.system": "kafka", "route311.place": record_position(item.record)},
    )


def _under(item: Item[E], span: trace.Span) -> Item[E]:
    context = span.get_span_context()
    if not isinstance(item, Message) or not context.is_valid:
        return item
    traceparent = (
        f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}"
        f"-{context.trace_flags:02x}"
    )
    return replace(item, event=item.event.model_copy(update={"traceparent": traceparent}))
