"""Distributed tracing: OpenTelemetry spans below the W3C trace context of events and calls.

Without ``OTEL_EXPORTER_OTLP_ENDPOINT`` a process makes no spans and passes each trace context on
unchanged. A span names topics, routes and channels, and holds nothing of a record or an error.
"""

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_W3C = TraceContextTextMapPropagator()


def configure_tracing(service: str) -> None:
    """Send the spans of this process to the endpoint of its environment, if it names one."""
    if not os.environ.get(_ENDPOINT):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - half a second
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    from shared.runtime.ops.trace_sampling import (  # noqa: PLC0415 - as above
        NotableSpans,
        UrgentSampler,
    )

    provider = TracerProvider(resource=Resource.create({"service.name": f"route311-{service}"}))
    provider.sampler = UrgentSampler(provider.sampler)  # which is that of the environment
    provider.add_span_processor(NotableSpans(BatchSpanProcessor(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)


def tracer() -> trace.Tracer | None:
    """Return the tracer; None where this process makes no spans."""
    provider = trace.get_tracer_provider()
    is_absent = isinstance(provider, trace.ProxyTracerProvider)
    return None if is_absent else provider.get_tracer("route311")


def start_span(
    tracer: trace.Tracer,
    name: str,
    kind: SpanKind,
    parent: str | None,
    attributes: Mapping[str, str | int],
) -> trace.Span:
    """Start a span below a ``traceparent``; without one it begins a trace."""
    context = _W3C.extract({"traceparent": parent} if parent else {}, Context())
    return tracer.start_span(name, context=context, kind=kind, attributes=attributes)


@contextmanager
def ending(spans: Sequence[trace.Span]) -> Generator[None]:
    """End the spans with the block, as failed where it raises."""
    try:
        yield
    except BaseException:
        for span in spans:
            span.set_status(StatusCode.ERROR)
        raise
    finally:
        for span in spans:
            span.end()


@contextmanager
def span_below(
    parent: str | None, name: str, kind: SpanKind, attributes: Mapping[str, str | int]
) -> Generator[trace.Span]:
    """Run the block in a span below a ``traceparent``."""
    found = tracer()
    if found is None:
        yield trace.INVALID_SPAN
        return
    span = start_span(found, name, kind, parent, attributes)
    quiet = {"record_exception": False, "set_status_on_exception": False}  # an error may quote
    with ending([span]), trace.use_span(span, **quiet):
        yield span


def traceparent_of(span: trace.Span) -> str | None:
    """Return the ``traceparent`` of what follows from a span; None for no valid one."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    ids = f"{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}"
    return f"00-{ids}-{context.trace_flags:02x}"


def current_trace() -> str | None:
    """Return the ``traceparent`` of the span that runs; None outside of one."""
    return traceparent_of(trace.get_current_span())
