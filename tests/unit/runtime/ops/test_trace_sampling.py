"""Which spans are sent where a share of traces is."""

from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from shared.contract.topics import DISPATCH_CASES, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.ops.span_attributes import HTTP_STATUS, TOPIC_NAME
from shared.runtime.ops.trace_sampling import SLOW_NS, NotableSpans, UrgentSampler
from shared.runtime.ops.tracing import start_span, traceparent_of
from tests.support.spans import parent_of

StartTracer = Callable[[Sampler], Tracer]


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer_of(exported: InMemorySpanExporter) -> StartTracer:
    def start(others: Sampler) -> Tracer:
        provider = TracerProvider(UrgentSampler(others))
        provider.add_span_processor(NotableSpans(SimpleSpanProcessor(exported)))
        return provider.get_tracer("route311")

    return start


def names(exported: InMemorySpanExporter) -> list[str]:
    return [span.name for span in exported.get_finished_spans()]


def test_what_an_urgent_event_leads_to_is_kept_whatever_the_share(
    tracer_of: StartTracer, exported: InMemorySpanExporter
) -> None:
    tracer = tracer_of(ALWAYS_OFF)
    of_cases = {TOPIC_NAME: DISPATCH_CASES.name}
    for topic in (INTAKE_REQUESTS.name, INTAKE_REQUESTS_EXPRESS.name):
        sent = start_span(tracer, f"send {topic}", SpanKind.PRODUCER, None, {TOPIC_NAME: topic})
        parent = traceparent_of(sent)
        start_span(tracer, f"below {topic}", SpanKind.CONSUMER, parent, of_cases).end()
        sent.end()
    express = INTAKE_REQUESTS_EXPRESS.name
    assert names(exported) == [f"below {express}", f"send {express}"]
    below, above = exported.get_finished_spans()
    assert parent_of(below) == f"{above.context.span_id:016x}"


@pytest.mark.parametrize(
    ("status", "kept"), [(200, False), (303, False), (400, True), (422, True), (503, True)]
)
def test_refusals_are_kept(
    tracer_of: StartTracer, exported: InMemorySpanExporter, status: int, *, kept: bool
) -> None:
    call = start_span(tracer_of(ALWAYS_OFF), "POST", SpanKind.SERVER, None, {})
    call.set_attribute(HTTP_STATUS, status)
    call.end()
    assert names(exported) == ["POST"] * kept


def test_faults_and_slow_spans_are_kept_with_all_that_they_have(
    tracer_of: StartTracer, exported: InMemorySpanExporter
) -> None:
    tracer = tracer_of(ALWAYS_OFF)
    for took_ns in (SLOW_NS, SLOW_NS - 1):
        span = tracer.start_span(f"of {took_ns}", attributes={"bureau": "PBOT"}, start_time=1)
        span.end(1 + took_ns)
    failed = tracer.start_span("failed", start_time=1)
    failed.set_status(StatusCode.ERROR)
    failed.end(2)
    assert names(exported) == [f"of {SLOW_NS}", "failed"]
    slow, _ = exported.get_finished_spans()
    assert slow.attributes == {"bureau": "PBOT"}
    assert (slow.start_time, slow.end_time) == (1, 1 + SLOW_NS)
    assert slow.context.trace_flags.sampled


def test_a_sampled_trace_is_sent_once(
    tracer_of: StartTracer, exported: InMemorySpanExporter
) -> None:
    tracer_of(ALWAYS_ON).start_span("routine").end()
    assert names(exported) == ["routine"]
