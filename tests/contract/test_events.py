"""What goes over the wire: every example decodes for ever, every document is up to date."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import shared.contract.events
from shared.contract import schemas
from shared.contract.events import Decoder, Event, ForeignEvent, encode, type_of
from shared.contract.routes import routes
from shared.contract.topics import CHANNEL_SUBMISSIONS, INTAKE_REQUESTS
from shared.errors import UndecodableEventError, UnknownTypeError, UnknownVersionError
from tests.support.builders import handed_in, request_submitted

EXAMPLES = sorted((Path(shared.contract.events.__file__).parent / "examples").glob("*.json"))
EVENTS = schemas.event_classes()
OURS = [event for event in EVENTS if not issubclass(event, ForeignEvent)]


def example_of(event_class: type[Event]) -> bytes:
    return (EXAMPLES[0].parent / f"{type_of(event_class)}.json").read_bytes()


def name(value: Any) -> str:
    return type_of(value) if isinstance(value, type) else value.stem


def test_every_event_has_an_example_and_every_example_an_event() -> None:
    assert [path.stem for path in EXAMPLES] == sorted(type_of(event) for event in EVENTS)


@pytest.mark.parametrize("event_class", EVENTS, ids=name)
def test_the_example_says_all_that_the_event_says(event_class: type[Event]) -> None:
    payload = example_of(event_class)

    event = Decoder(EVENTS).decode(payload)

    assert type(event) is event_class
    assert Decoder(EVENTS).decode(encode(event)) == event
    if event_class in OURS:
        assert json.loads(encode(event)) == json.loads(payload)


@pytest.mark.parametrize("event_class", EVENTS, ids=name)
def test_the_example_fits_the_schema(event_class: type[Event]) -> None:
    schema = json.loads((schemas.SCHEMAS / f"{type_of(event_class)}.json").read_text())

    jsonschema.validate(
        json.loads(example_of(event_class)), schema, format_checker=jsonschema.FormatChecker()
    )


@pytest.mark.parametrize(
    "event_class", [e for e in EVENTS if issubclass(e, ForeignEvent)], ids=name
)
def test_the_example_from_outside_is_what_the_reader_wants(
    event_class: type[ForeignEvent],
) -> None:
    event = Decoder([event_class]).decode(example_of(event_class))

    assert event_class.data_model.model_validate(event.data)


def test_the_generated_documents_are_up_to_date_and_none_is_left_over() -> None:
    written = {
        path: path.read_text() for path in (*schemas.SCHEMAS.glob("*.json"), schemas.ASYNCAPI)
    }

    assert written == schemas.documents(), "run `make schemas`"


@pytest.mark.parametrize("event_class", OURS, ids=name)
def test_an_event_goes_only_to_topics_that_carry_it(event_class: type[Event]) -> None:
    event = Decoder(EVENTS).decode(example_of(event_class))
    carriers = {channel.name for channel in schemas.CHANNELS if event_class in channel.events}

    went_to = {topic.replace("bureau-pbot-mod-", "bureau-{code}-") for topic, _ in routes(event)}

    assert went_to <= carriers
    assert went_to


def test_decoding_returns_what_was_encoded() -> None:
    event = request_submitted()

    assert Decoder(INTAKE_REQUESTS.events).decode(encode(event)) == event


def test_unknown_fields_are_ignored() -> None:
    event = request_submitted()
    payload = json.loads(encode(event)) | {"colour": "blue"}
    payload["data"]["colour"] = "blue"

    assert Decoder(INTAKE_REQUESTS.events).decode(json.dumps(payload).encode()) == event


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        pytest.param(b"", UndecodableEventError, id="nothing"),
        pytest.param(b"garbage", UndecodableEventError, id="no JSON"),
        pytest.param(b"[]", UndecodableEventError, id="no object"),
        pytest.param(b"{}", UndecodableEventError, id="no identity"),
        pytest.param(
            b'{"type": "route311.submission.v1", "source": "/a"}',
            UndecodableEventError,
            id="no id",
        ),
        pytest.param(
            b'{"id": "1", "source": "/a", "data": {}}', UndecodableEventError, id="no type"
        ),
        pytest.param(
            b'{"type": "route311.submission.v1", "source": "", "id": "1"}',
            UndecodableEventError,
            id="empty source",
        ),
        pytest.param(
            b'{"type": "route311.submission.v2", "source": "/a", "id": "1"}',
            UnknownVersionError,
            id="a version of tomorrow",
        ),
        pytest.param(
            b'{"type": "com.example.order", "source": "/a", "id": "1"}',
            UnknownTypeError,
            id="somebody else's event",
        ),
        pytest.param(
            b'{"type": "route311.submission.v1", "source": "/a", "id": "\\ud800"}',
            UndecodableEventError,
            id="half a character",
        ),
    ],
)
def test_what_is_no_event_is_refused_by_name(payload: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        Decoder(CHANNEL_SUBMISSIONS.events).decode(payload)


def test_the_refusal_names_fields_and_never_values() -> None:
    payload = json.loads(encode(request_submitted()))
    payload["data"]["location"] = "Jane, 503-555-0100"

    with pytest.raises(UndecodableEventError) as caught:
        Decoder(INTAKE_REQUESTS.events).decode(json.dumps(payload).encode())

    assert "location" in str(caught.value)
    assert "555" not in str(caught.value)


def test_the_binary_mode_of_the_kafka_binding_reads_the_same() -> None:
    event = handed_in()
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": event.id.encode(),
        "ce_source": event.source.encode(),
        "ce_type": event.type.encode(),
        "ce_time": event.time.encode(),
        "content-type": b"application/json",
    }

    read = Decoder(CHANNEL_SUBMISSIONS.events).decode(json.dumps(event.data).encode(), headers)

    assert read == event


@pytest.mark.parametrize("trace", ["", "nonsense", 7, {"a": 1}, None])
def test_a_trace_that_cannot_be_continued_is_dropped(trace: Any) -> None:
    payload = json.loads(encode(handed_in())) | {"traceparent": trace, "correlationid": {}}

    read = Decoder(CHANNEL_SUBMISSIONS.events).decode(json.dumps(payload).encode())

    assert (read.traceparent, read.correlationid) == (None, None)
