from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.contract.events import Decoder, RequestTriaged, encode
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.consumer.messages import Message, parse_record
from shared.runtime.consumer.tracing import processing
from tests.support.builders import NOON, decision, request_submitted
from tests.support.records import record

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
DECODER = Decoder(INTAKE_REQUESTS.events)


def traced_message() -> Message:  # type: ignore[type-arg]
    headers = [("traceparent", TRACEPARENT.encode())]
    message = parse_record(record(encode(request_submitted()), headers=headers), DECODER)
    assert isinstance(message, Message)
    return message


def test_the_trace_in_the_header_is_the_events() -> None:
    assert traced_message().event.traceparent == TRACEPARENT


def test_what_follows_carries_the_trace_on() -> None:
    message = traced_message()

    with processing([message]) as [same]:
        assert isinstance(same, Message)
        caused = RequestTriaged.of(decision(), now=NOON, cause=same.event)

    assert caused.traceparent == TRACEPARENT


def test_with_an_sdk_each_message_has_a_span_below_the_senders_and_above_what_follows() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))

    with processing([traced_message()], provider) as [item]:
        assert isinstance(item, Message)
        continued = item.event.traceparent

    [span] = kept.get_finished_spans()
    assert span.name == "process test"
    assert span.attributes is not None
    assert span.attributes["messaging.destination.name"] == "test"
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "00f067aa0ba902b7"
    assert continued == f"00-{TRACE}-{span.context.span_id:016x}-01"
