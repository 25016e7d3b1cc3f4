"""Spans of the process under test, as an OpenTelemetry SDK gets them."""

from collections.abc import Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"


class Spans:
    """Ended spans, while it is installed."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self._provider = TracerProvider()
        self._provider.add_span_processor(SimpleSpanProcessor(self._kept))

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: self._provider)

    @property
    def ended(self) -> Sequence[ReadableSpan]:
        return self._kept.get_finished_spans()


def parent_of(span: ReadableSpan) -> str | None:
    return f"{span.parent.span_id:016x}" if span.parent else None


def trace_after(span: ReadableSpan) -> str:
    """Return the trace context of what follows from a span."""
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"
