import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contract.events import Decoder, encode
from shared.contract.topics import (
    INTAKE_CONTACTS,
    INTAKE_REQUESTS,
    OPERATOR_COMMANDS,
    all_topics,
    submission_topics,
)
from shared.errors import PermanentError
from shared.runtime.consumer.messages import InvalidRecord, Message, parse_record, to_dead_letter
from shared.runtime.kafka import written_at
from shared.runtime.outbox.outbox import pack_headers, unpack_headers
from shared.runtime.recovery.dead_letters import parse_dead_letter
from tests.support.builders import handed_in, request_submitted
from tests.support.records import record

REQUEST = "0197a1b2-c3d4-7000-8000-000000000001"
LONG = 2**63
TOPICS = [topic for topic in all_topics(["ROADS"]) if topic.events]
DECODERS: dict[str, Decoder[Any]] = {topic.name: Decoder(topic.events) for topic in TOPICS}
ATTRIBUTES = ("ce_type", "ce_id", "ce_source", "ce_time", "ce_data", "ce_", "traceparent")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
type_names = st.sampled_from(
    [event.model_fields["type"].default for topic in TOPICS for event in topic.events]
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "type": type_names | json_values,
        "id": json_values,
        "source": json_values,
        "time": json_values,
        "data": json_values,
        "traceparent": json_values,
    },
)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


values = st.none() | st.binary() | (json_values | envelopes).map(encoded)
headers = st.lists(
    st.tuples(
        st.sampled_from(ATTRIBUTES) | st.text(st.characters(codec="utf-8"), max_size=8),
        st.none() | st.binary(max_size=60) | type_names.map(str.encode),
    ),
    max_size=6,
).map(tuple)


@given(
    st.sampled_from(TOPICS),
    st.none() | st.binary() | st.uuids().map(lambda id_: str(id_).encode()),
    values,
    headers,
    st.integers(-LONG, LONG - 1),
)
@example(INTAKE_CONTACTS, REQUEST.encode(), None, (), LONG - 1)
@example(INTAKE_REQUESTS, None, b"{}", (("ce_type", None), ("traceparent", None)), 0)
def test_whatever_the_bytes_a_record_is_an_event_or_a_dead_letter(
    topic: Any, key: bytes | None, value: bytes | None, headers: Any, timestamp: int
) -> None:
    sent = record(value, topic=topic.name, key=key, headers=headers, timestamp=timestamp)

    found = parse_record(sent, DECODERS[topic.name], topic.erasure)

    if isinstance(found, InvalidRecord):
        assert isinstance(found.error, PermanentError)
        letter = to_dead_letter(found, "triage")
        assert list(unpack_headers(pack_headers(letter.headers))) == list(letter.headers)
        parked = record(
            letter.value,
            topic=letter.topic,
            key=letter.key,
            headers=tuple(letter.headers),
            timestamp=timestamp,
        )
        assert tuple(parse_dead_letter(parked).original.headers) == headers
    else:
        assert isinstance(found, Message)


@pytest.mark.parametrize("name", ["traceparent", "content-type", "ce_type", "ce_id", "colour"])
def test_a_header_without_a_value_counts_as_none(name: str) -> None:
    event = request_submitted()

    found = parse_record(
        record(encode(event), headers=((name, None),)), DECODERS[INTAKE_REQUESTS.name]
    )

    assert isinstance(found, Message)
    assert found.event == event


def test_an_attribute_without_a_value_is_missing_in_binary_mode() -> None:
    headers = (
        ("ce_type", b"route311.operator.command.v1"),
        ("ce_id", None),
        ("ce_source", b"/operator/desk"),
    )

    found = parse_record(record(b"{}", headers=headers), DECODERS[OPERATOR_COMMANDS.name])

    assert isinstance(found, InvalidRecord)
    assert "id: missing" in str(found.error)


@pytest.mark.parametrize("timestamp", [-LONG, -(10**15), -1, 10**15, LONG - 1])
def test_a_tombstone_erases_whatever_its_timestamp(timestamp: int) -> None:
    def erasure(at: int) -> Message[Any]:
        sent = record(None, topic=INTAKE_CONTACTS.name, key=REQUEST.encode(), timestamp=at)
        found = parse_record(sent, DECODERS[INTAKE_CONTACTS.name], INTAKE_CONTACTS.erasure)
        assert isinstance(found, Message)
        return found

    assert UUID(erasure(timestamp).event.data.request_id) == UUID(REQUEST)
    assert erasure(timestamp).identity == erasure(timestamp).identity
    assert len({erasure(at).identity for at in (timestamp, -LONG + 1, LONG - 2)}) == 3
    assert 1970 <= erasure(timestamp).event.time.year <= 2100


@given(st.integers(0, 4_000_000_000_000))
@example(1_001)
def test_the_erasure_of_a_plausible_tombstone_is_named_by_its_moment(timestamp: int) -> None:
    sent = record(None, topic=INTAKE_CONTACTS.name, key=REQUEST.encode(), timestamp=timestamp)

    found = parse_record(sent, DECODERS[INTAKE_CONTACTS.name], INTAKE_CONTACTS.erasure)

    assert isinstance(found, Message)
    assert found.event.id == f"{REQUEST}@{written_at(sent).isoformat()}"


@pytest.mark.parametrize("source", ["/http/demo", "/acme"])
def test_an_event_whose_source_may_not_come_by_its_topic_is_parked_without_its_value(
    source: str,
) -> None:
    [shared, *_] = submission_topics(["acme"])
    sent = record(encode(handed_in({}, source=source)), topic=shared.name)

    found = parse_record(sent, DECODERS[shared.name], allows=shared.allows)

    assert isinstance(found, InvalidRecord)
    assert found.error.code == "source_not_allowed"
    assert source not in str(found.error)
