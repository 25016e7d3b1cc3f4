"""Sampling of spans: of a share of traces all, and of the others what an operator will look for.

Import this only where spans are made: the SDK takes half a second.
"""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.sampling import (
    Decision,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState
from opentelemetry.util.types import Attributes
from typing_extensions import override

from shared.contract.topics import EXPRESS_TOPICS
from shared.runtime.ops.span_attributes import HTTP_STATUS, TOPIC_NAME

SLOW_NS = 1_000_000_000
_FIRST_REFUSAL = 400
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class UrgentSampler(Sampler):
    """Samples what an urgent event leads to, and of the rest what another sampler chooses.

    A span that is not sampled is recorded all the same, for ``NotableSpans`` to look at.
    """

    def __init__(self, others: Sampler) -> None:
        self._others = others

    @override
    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        parent = trace.get_current_span(parent_context).get_span_context()
        if parent.trace_flags.sampled or (attributes or {}).get(TOPIC_NAME) in EXPRESS_TOPICS:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, parent.trace_state)
        result = self._others.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )
        if result.decision is not Decision.DROP:
            return result
        return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)

    @override
    def get_description(self) -> str:
        return "UrgentSampler"


class NotableSpans(SpanProcessor):
    """Passes sampled spans on, and of the others those that failed, were refused or took long."""

    def __init__(self, export: SpanProcessor) -> None:
        self._export = export

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._export.on_start(span, parent_context)

    @override
    def on_end(self, span: ReadableSpan) -> None:
        if span.context and not span.context.trace_flags.sampled and _is_notable(span):
            span = _sampled(span, span.context)
        self._export.on_end(span)

    @override
    def shutdown(self) -> None:
        self._export.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._export.force_flush(timeout_millis)


def _is_notable(span: ReadableSpan) -> bool:
    status = (span.attributes or {}).get(HTTP_STATUS, 0)
    return (
        span.status.status_code is StatusCode.ERROR
        or (isinstance(status, int) and status >= _FIRST_REFUSAL)
        or (span.end_time or 0) - (span.start_time or 0) >= SLOW_NS
    )


def _sampled(span: ReadableSpan, context: SpanContext) -> ReadableSpan:
    """Return the span as the exporter takes it; its trace goes on without the mark."""
    return ReadableSpan(
        span.name,
        SpanContext(
            context.trace_id, context.span_id, context.is_remote, _SAMPLED, context.trace_state
        ),
        span.parent,
        span.resource,
        span.attributes,
        span.events,
        span.links,
        span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
