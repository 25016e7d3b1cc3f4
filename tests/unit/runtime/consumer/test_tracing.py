import pytest

from shared.contract.events import Decoder, RequestTriaged, encode
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.consumer.messages import Message, parse_record
from shared.runtime.consumer.tracing import processing
from tests.support.builders import NOON, decision, request_submitted
from tests.support.records import record
from tests.support.spans import CALLER, TRACEPARENT, Spans, parent_of, trace_after

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


def test_with_an_sdk_each_message_has_a_span_below_the_senders_and_above_what_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = Spans()
    spans.install(monkeypatch)

    with processing([traced_message()]) as [item]:
        assert isinstance(item, Message)
        continued = item.event.traceparent

    [span] = spans.ended
    assert span.name == "process test"
    assert span.attributes is not None
    assert span.attributes["messaging.destination.name"] == "test"
    assert parent_of(span) == CALLER
    assert continued == trace_after(span)


def test_what_cannot_be_processed_has_a_failed_span_without_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = Spans()
    spans.install(monkeypatch)

    with pytest.raises(ValueError, match="ana@"), processing([traced_message()]):
        raise ValueError("ana@example.org")

    [span] = spans.ended
    assert not span.status.is_ok
    assert "ana@" not in span.to_json()
