from services.intake.handlers import on_submissions_received
from shared.contract.events import Event, RequestSubmitted, encode, new_id
from shared.runtime.consumer.messages import Message
from shared.runtime.outgoing import Outgoing
from tests.support.builders import NOON, handed_in
from tests.support.intake.factories import (
    BEYOND_THE_LIMITS,
    HERE,
    POLICY,
    data,
    handed_in_event,
    raw_submission,
)
from tests.support.intake.fakes import InMemorySubmissions
from tests.support.records import record
from tests.unit.intake.accepting import TRACE, accept


async def test_every_message_gets_a_receipt_under_its_adapters_key(
    submissions: InMemorySubmissions,
) -> None:
    good = handed_in(data(), id="1", source="/adapter", traceparent=TRACE)
    bad = handed_in({}, id="2", source="/adapter")
    messages = [
        Message(record(encode(event), offset=offset), event)
        for offset, event in enumerate([good, bad, good])
    ]
    followed = await on_submissions_received(messages, submissions, POLICY, NOON)

    receipts = [item for item in followed if isinstance(item, Outgoing)]
    assert [item.topic for item in receipts] == ["intake-receipts"] * 3
    assert {item.key for item in receipts} == {b"/adapter"}
    assert receipts[0] == receipts[2]
    assert ("traceparent", TRACE.encode()) in receipts[0].headers
    assert [type(item) for item in followed if isinstance(item, Event)] == [RequestSubmitted]
    (kept,) = [f.body for f in submissions.stored.values() if f.body]
    assert kept == encode(bad)


async def test_a_batch_of_none_asks_for_no_number(submissions: InMemorySubmissions) -> None:
    assert await accept(submissions) == []


async def test_a_batch_locates_each_of_its_requests(submissions: InMemorySubmissions) -> None:
    places = [
        {"latitude": BEYOND_THE_LIMITS.latitude, "longitude": BEYOND_THE_LIMITS.longitude},
        {"address": "5 Main St"},
        {"latitude": HERE.latitude, "longitude": HERE.longitude},
        {"latitude": 0, "longitude": 0},
    ]
    results = await accept(
        submissions, *(raw_submission(handed_in_event(id=new_id(), location=at)) for at in places)
    )

    found = [
        event.data.location
        for result in results
        for event in result.events
        if isinstance(event, RequestSubmitted)
    ]
    assert [(at.precision, at.municipality) for at in found] == [
        ("point", "hilltop"),
        ("address", None),
        ("point", "lakeside.gov"),
        ("default", None),
    ]
