"""One report from its channel to the bureau and back to the resident."""

import json
from email.message import Message
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.e2e.actors import (
    EMAIL,
    PHONE,
    event_data,
    mails_to,
    post,
    report,
    status_of,
    update,
    work_order_for,
)
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),  # the first test waits for the whole router to start
]

VERA = "vera@example.org"  # of one test alone: messages a day are limited


async def test_a_report_becomes_work_at_its_bureau_and_its_reporter_hears_of_each_step(
    router: Router,
) -> None:
    place = {"latitude": 45.542, "longitude": -122.641, "accuracy_m": 15}
    reporter = {"email": VERA, "language": "es", "status_updates": ["email"]}
    code, accepted = await post(router, report(location=place, reporter=reporter))
    assert code == 201
    number, request_id = accepted["tracking_number"], accepted["request_id"]
    assert accepted["lane"] == "express"

    work_order = await work_order_for(router, "pbot-mod", request_id)
    assert work_order["role"] == "lead"
    key = work_order["case_id"]
    await router.write("bureau-pbot-mod-updates", key, update(work_order, "in_progress"))
    await router.write(
        "bureau-pbot-mod-updates",
        key,
        update(work_order, "completed", public_note="Mattress removed"),
    )

    async def completed() -> bool:
        return bool((await status_of(router, number))["status"] == "completed")

    await eventually(completed)

    async def notified() -> list[Message]:
        mails = mails_to(router, VERA, number)
        return mails if len(mails) >= 3 else []

    mails = await eventually(notified)
    assert len(mails) == 3
    assert {mail["Content-Language"] for mail in mails} <= {"es", None}
    receipts = await router.events("bureau-pbot-mod-receipts")
    ours = [r for r in receipts if r["data"]["case_id"] == key]
    assert [r["type"] for r in ours] == ["route311.work_order.update_accepted.v1"] * 2


async def test_the_public_status_holds_no_contact_data(router: Router) -> None:
    _, accepted = await post(
        router, report(description=f"Tree on the walk, call me: {PHONE} or {EMAIL}")
    )

    async def decided() -> dict[str, Any] | None:
        found = await status_of(router, accepted["tracking_number"])
        return found if found["status"] != "received" else None

    shown = json.dumps(await eventually(decided))
    for secret in (EMAIL, PHONE, "5550142", "Canary", "reporter"):
        assert secret not in shown


async def test_everybody_sees_how_the_city_does(router: Router) -> None:
    async with (
        aiohttp.ClientSession(router.stack["intake"]) as client,
        client.get("/performance") as response,
    ):
        page = await response.text()

    assert response.status == 200
    assert "What we promised" in page


async def test_contact_data_is_on_its_own_topic_alone(router: Router) -> None:
    await post(router, report(description=f"Sofa, ask Ana Canary, {EMAIL}, 503-555-0142"))
    fence_code, fence = await post(router, report(reporter=None))
    assert fence_code == 201
    await event_data(router, "triage-decisions", fence["request_id"], "triaged.v1")

    for topic in await router.topics():
        if topic in {"intake-contacts", "channel-submissions"} or topic.startswith("__"):
            continue
        for _, value, _ in await router.records(topic):
            assert EMAIL.encode() not in (value or b""), topic
            assert b"555-0142" not in (value or b""), topic


async def test_garbage_is_parked_with_its_reason_and_the_rest_flows(router: Router) -> None:
    good = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/adapter/broken",
        "type": "route311.submission.v1",
        "data": report(reporter=None),
    }
    strange = {**good, "id": str(uuid4()), "type": "com.example.order"}
    wrong = {**good, "id": str(uuid4()), "data": {"jurisdiction": "atlantis.gov"}}
    records = [b"not json", json.dumps(strange).encode(), json.dumps(wrong).encode()]

    await router.write(
        "channel-submissions", "/adapter/broken", *records, json.dumps(good).encode()
    )

    async def answered() -> dict[str, Any] | None:
        receipts = await router.events("intake-receipts")
        ours = {r["data"]["submission_id"]: r for r in receipts}
        return ours if {good["id"], wrong["id"]} <= ours.keys() else None

    receipts = await eventually(answered)
    assert receipts
    assert receipts[str(good["id"])]["type"] == "route311.submission.accepted.v1"
    faults = {error["code"] for error in receipts[str(wrong["id"])]["data"]["errors"]}
    assert "unknown_jurisdiction" in faults
    assert len(faults) > 1

    async def parked() -> dict[bytes, bytes] | None:
        dead = await router.records("channel-submissions-dlq")
        codes = {value or b"": headers["code"] for _, value, headers in dead}
        return codes if codes.keys() >= set(records[:2]) else None

    codes = await eventually(parked)
    assert codes
    assert codes[records[0]] == b"undecodable_event"
    assert codes[records[1]] == b"unknown_type"


async def test_the_same_idempotency_key_gets_the_first_answer_and_other_data_is_refused(
    router: Router,
) -> None:
    key = str(uuid4())

    first = await post(router, report(), **{"Idempotency-Key": key})
    again = await post(router, report(), **{"Idempotency-Key": key})
    other = await post(router, report(description="Sofa"), **{"Idempotency-Key": key})

    assert again == first
    assert other[0] == 422
    assert other[1]["errors"][0]["code"] == "id_reused"
