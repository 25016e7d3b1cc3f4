"""Submissions that come by Kafka: real topics in, real topics out."""

import asyncpg
import pytest

from shared.catalogue import load_catalogue, text_rules_version
from shared.contract.events import (
    ContactGiven,
    RequestSubmitted,
    SubmissionAccepted,
    SubmissionRejected,
    encode,
)
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_CONTACTS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    adapter_receipts,
    adapter_submissions,
)
from shared.runtime.outgoing import Outgoing
from tests.integration.intake.conftest import Running
from tests.support.builders import handed_in
from tests.support.databases import Database
from tests.support.intake.http_client import plain, post
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration

REPORTER = {
    "name": "Ana Ruiz",
    "email": "ana@example.org",
    "phone": "+15035550100",
    "language": "es",
    "status_updates": ["email"],
}


async def hand_in(topic_log: TopicLog, *values: bytes | None, key: str = "adapter") -> None:
    for value in values:
        await topic_log.write(CHANNEL_SUBMISSIONS, key, value)


async def test_a_submission_becomes_a_request_a_contact_and_a_receipt(
    running: Running, topic_log: TopicLog
) -> None:
    event = handed_in(plain(reporter=REPORTER), id="17", source="/adapter")
    async with running():
        await hand_in(topic_log, encode(event))
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        [contact] = await topic_log.at_least(1, INTAKE_CONTACTS)

    assert isinstance(receipt, SubmissionAccepted)
    assert isinstance(request, RequestSubmitted)
    assert isinstance(contact, ContactGiven)
    assert receipt.data.submission_id == receipt.causationid == request.causationid == "17"
    assert receipt.data.request_id == request.data.request_id == contact.data.request_id
    assert request.data.location.municipality == "portland.gov"
    assert request.data.judgement is not None
    assert request.data.judgement.version == text_rules_version(load_catalogue().version)
    assert contact.data.email == "ana@example.org"
    [receipt_record] = await topic_log.records(INTAKE_RECEIPTS)
    [request_record] = await topic_log.records(INTAKE_REQUESTS)
    [contact_record] = await topic_log.records(INTAKE_CONTACTS)
    assert receipt_record.key == b"/adapter"
    assert request_record.key == b"portland.gov:pavement"
    assert contact_record.key == request.data.request_id.encode()
    assert b"ana@example.org" not in (request_record.value or b"")
    assert b"ana@example.org" not in (receipt_record.value or b"")


async def test_an_event_may_have_fields_that_we_do_not_know(
    running: Running, topic_log: TopicLog
) -> None:
    async with running():
        await hand_in(topic_log, encode(handed_in(plain(colour="red", reporter={"age": 7}))))
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)

    assert isinstance(receipt, SubmissionAccepted)


async def test_what_may_be_a_hazard_goes_by_the_express_topic_and_is_told_to_call_911(
    running: Running, topic_log: TopicLog
) -> None:
    wire = plain(service_code="ROW-WIRE", description="Power line down and sparking", language="en")
    async with running():
        await hand_in(topic_log, encode(handed_in(wire)))
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)

    assert request.data.lane == receipt.data.lane == "express"
    assert [advice.code for advice in receipt.data.advice] == ["call_911"]
    assert await topic_log.records(INTAKE_REQUESTS) == []


async def test_a_repeat_gets_the_same_bytes_and_other_data_under_its_id_are_refused(
    running: Running, topic_log: TopicLog
) -> None:
    event = encode(handed_in(plain(), id="17"))
    other = encode(handed_in(plain(description="Another hole"), id="17"))
    async with running():
        await hand_in(topic_log, event, event)
        await topic_log.at_least(2, INTAKE_RECEIPTS)
    async with running():
        await hand_in(topic_log, event, other, other)
        receipts = await topic_log.at_least(5, INTAKE_RECEIPTS)

    kept = await topic_log.values(INTAKE_RECEIPTS)
    assert len(set(kept[:3])) == 1
    assert len(set(kept[3:])) == 1
    assert isinstance(receipts[3], SubmissionRejected)
    assert [error.code for error in receipts[3].data.errors] == ["id_reused"]
    assert len(await topic_log.at_least(1, INTAKE_REQUESTS)) == 1


async def test_garbage_is_parked_with_its_reason_and_the_rest_flows(
    running: Running, topic_log: TopicLog
) -> None:
    good = [encode(handed_in(plain())) for _ in range(2)]
    nobody = b'{"specversion": "1.0", "type": "route311.submission.v1", "data": {}}'
    unknown = encode(handed_in(plain())).replace(
        b"route311.submission.v1", b"route311.complaint.v1"
    )
    newer = encode(handed_in(plain())).replace(b"route311.submission.v1", b"route311.submission.v2")
    large = b'{"pad": "' + b"x" * (1024 * 1024) + b'"}'
    async with running():
        await hand_in(topic_log, good[0], b"garbage", nobody, unknown, newer, large, None, good[1])
        await topic_log.at_least(2, INTAKE_RECEIPTS)
        parked = await topic_log.parked(CHANNEL_SUBMISSIONS, 6)

    assert [record.value for record in parked] == [
        b"garbage",
        nobody,
        unknown,
        newer,
        large,
        None,
    ]
    headers = [dict(record.headers) for record in parked]
    assert [header["code"].decode() for header in headers] == [
        "undecodable_event",
        "undecodable_event",
        "unknown_type",
        "unknown_version",
        "too_large",
        "undecodable_event",
    ]
    assert {header["service"] for header in headers} == {b"intake"}
    assert all(header["source"].startswith(b"channel-submissions/") for header in headers)
    assert b"source" in headers[1]["reason"]


async def test_the_binary_mode_of_cloudevents_is_taken_too(
    running: Running, topic_log: TopicLog
) -> None:
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": b"17",
        "ce_source": b"/binary",
        "ce_type": b"route311.submission.v1",
        "ce_time": b"2026-03-02T12:00:00Z",
        "content-type": b"application/json",
    }
    data = b'{"jurisdiction": "portland.gov", "channel": "kafka", "description": "A pothole",'
    data += b'"location": {"address": "1221 SW 4th Ave"}}'
    async with running():
        await topic_log.write(CHANNEL_SUBMISSIONS, "adapter", data, **headers)
        await topic_log.write(CHANNEL_SUBMISSIONS, "adapter", b"no json", **headers)
        await hand_in(topic_log, encode(handed_in(plain())))
        receipts = await topic_log.at_least(2, INTAKE_RECEIPTS)
        [parked] = await topic_log.parked(CHANNEL_SUBMISSIONS)

    [binary] = [receipt.data for receipt in receipts if receipt.data.submission_id == "17"]
    assert (binary.submission_source, binary.service_code) == ("/binary", "ROW-POTHOLE")
    assert parked.value == b"no json"


async def test_wrong_data_are_rejected_with_every_fault_and_kept(
    running: Running, topic_log: TopicLog, database: Database
) -> None:
    wrong = encode(
        handed_in({"jurisdiction": "atlantis.gov", "channel": "fax", "media": [{}]}, time="soon")
    )
    async with running():
        await hand_in(topic_log, wrong)
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)

    assert {(error.field, error.code) for error in receipt.data.errors} == {
        ("jurisdiction", "unknown_jurisdiction"),
        ("channel", "unknown_channel"),
        ("media.0.url", "missing_url"),
        ("description", "missing_description"),
        ("location", "missing_location"),
        ("time", "bad_time"),
    }
    connection = await asyncpg.connect(database.dsn("intake"))
    assert await connection.fetchval("SELECT body FROM submissions") == wrong
    await connection.close()
    assert await topic_log.records("channel-submissions-dlq") == []


async def test_the_longest_identity_and_any_text_are_stored(
    running: Running, topic_log: TopicLog
) -> None:
    long = {"id": "\U0001f6b2" * 500, "source": "ü" * 500}
    odd = plain(
        description="\x00 e\u0301 \U0001f6b2",
        location={"address": "\x00" * 500, "latitude": 45.5, "longitude": -122.6},
        attributes={"\x00key": "\x00"},
    )
    async with running():
        await hand_in(topic_log, encode(handed_in(odd, **long)), encode(handed_in({}, **long)))
        receipts = await topic_log.at_least(2, INTAKE_RECEIPTS)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert [type(receipt) for receipt in receipts] == [SubmissionAccepted, SubmissionRejected]
    assert request.data.description == "é \U0001f6b2"
    assert request.data.attributes == {"key": ""}


async def test_five_hundred_at_once_have_five_hundred_numbers(
    running: Running, topic_log: TopicLog
) -> None:
    events = [encode(handed_in(plain())) for _ in range(500)]
    async with running():
        await topic_log.send(
            [Outgoing("", CHANNEL_SUBMISSIONS.name, b"adapter", value) for value in events]
        )
        receipts = await topic_log.at_least(500, INTAKE_RECEIPTS)

    assert len({receipt.data.tracking_number for receipt in receipts}) == 500


@pytest.mark.parametrize("source", ["/http/demo", "/http", "/email", "/sms", "/acme", "/acme/web"])
async def test_a_source_of_somebody_else_is_parked_and_takes_no_id(
    running: Running, topic_log: TopicLog, source: str
) -> None:
    forged = handed_in(plain(), id="17", source=source)
    good = handed_in(plain(), id="18", source="/adapter")
    async with running(ROUTE311_KAFKA_ADAPTERS=["acme"]):
        await hand_in(topic_log, encode(forged), encode(good))
        [receipt] = await topic_log.at_least(1, INTAKE_RECEIPTS)
        [parked] = await topic_log.parked(CHANNEL_SUBMISSIONS)

    headers = dict(parked.headers)
    assert headers["code"] == b"source_not_allowed"
    assert parked.value == encode(forged)
    assert source.encode() not in headers["reason"]
    assert receipt.data.submission_id == "18"
    assert len(await topic_log.at_least(1, INTAKE_RECEIPTS)) == 1


async def test_a_forged_source_does_not_block_the_id_of_the_one_it_names(
    running: Running, topic_log: TopicLog
) -> None:
    forged = handed_in({"jurisdiction": "nowhere"}, id="17", source="/http/demo")
    async with running() as client:
        await hand_in(topic_log, encode(forged))
        await topic_log.parked(CHANNEL_SUBMISSIONS)
        response = await post(client, key="17")

    assert response.status == 201


async def test_an_external_adapter_has_topics_of_its_own_where_its_source_alone_counts(
    running: Running, topic_log: TopicLog
) -> None:
    submissions, receipts = adapter_submissions("acme"), adapter_receipts("acme")
    own = [handed_in(plain(), id=f"{n}", source=s) for n, s in enumerate(("/acme", "/acme/app"))]
    others = ["/acmeway", "/adapter", "acme", "/http/demo"]
    foreign = [handed_in(plain(), id="9", source=source) for source in others]
    async with running(ROUTE311_KAFKA_ADAPTERS=["acme"]):
        for event in (*foreign, *own):
            await topic_log.write(submissions, "acme", encode(event))
        answered = await topic_log.at_least(2, receipts)
        parked = await topic_log.parked(submissions, 4)

    assert {one.data.submission_source for one in answered} == {"/acme", "/acme/app"}
    assert all(isinstance(one, SubmissionAccepted) for one in answered)
    assert [dict(one.headers)["code"] for one in parked] == [b"source_not_allowed"] * 4
    assert await topic_log.records(INTAKE_RECEIPTS) == []
