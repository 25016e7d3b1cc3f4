import pytest

from tests.support.builders import request_submitted
from tests.support.spans import CALLER, TRACEPARENT, Spans, parent_of
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def test_a_sent_event_has_a_span_below_the_trace_in_its_envelope(
    topic_log: TopicLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    spans.install(monkeypatch)
    event = request_submitted()

    await topic_log.publish(event, event.model_copy(update={"traceparent": TRACEPARENT}))

    [span] = spans.ended
    assert span.name == "send intake-requests"
    assert parent_of(span) == CALLER
    assert span.status.is_ok
