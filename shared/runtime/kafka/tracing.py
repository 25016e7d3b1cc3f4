"""Spans of sent records, below the trace context in their headers."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from shared.runtime.ops.span_attributes import TOPIC_NAME
from shared.runtime.ops.tracing import ending, start_span, tracer
from shared.runtime.outgoing import Outgoing


@contextmanager
def sending(records: Sequence[Outgoing]) -> Generator[None]:
    """Open one span per record that has a trace context."""
    found = tracer()
    if found is None:
        yield
        return
    spans = [
        start_span(
            found,
            f"send {record.topic}",
            SpanKind.PRODUCER,
            parent.decode("latin-1"),
            {"messaging.system": "kafka", TOPIC_NAME: record.topic},
        )
        for record in records
        if (parent := dict(record.headers).get("traceparent"))
    ]
    with ending(spans):
        yield
