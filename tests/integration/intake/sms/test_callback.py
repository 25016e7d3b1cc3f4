"""The gateway's callback: who may call, what is refused, and repeats."""

import asyncio
from typing import Any

import pytest

from services.intake.channels.sms.channel import SmsNumbersError
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.http.twilio import sign
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import call
from tests.support.intake.sms_gateway import (
    OURS,
    SETTINGS,
    TOKEN,
    URL,
    form,
    message_in,
    send,
)
from tests.support.locks import locked
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

PERSON = "+15035550177"
REPORT = form("SM1", PERSON, "Pothole at NE 33rd and Fremont")
KEPT = """
    SELECT (SELECT count(*) FROM intake.sms_conversations)
         + (SELECT count(*) FROM intake.sms_answers)
         + (SELECT count(*) FROM intake.submissions)
"""


async def kept(database: Database) -> int:
    async with open_database(database.admin_dsn) as connection:
        return int(await connection.fetchval(KEPT))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"signature": ""}, id="no signature"),
        pytest.param({"signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}, id="another signature"),
        pytest.param({"url": URL.partition("?")[0]}, id="another URL"),
    ],
)
async def test_what_the_gateway_did_not_sign_is_refused_and_not_kept(
    running: Running, database: Database, wrong: dict[str, Any]
) -> None:
    async with running(**SETTINGS) as client:
        response = await send(client, REPORT, **wrong)

    assert (response.status, response.json["title"]) == (403, "Wrong signature")
    assert await kept(database) == 0


async def test_without_a_url_of_its_own_the_one_called_is_signed(running: Running) -> None:
    async with running(**SETTINGS | {"sms_url": None}) as client:
        path = "/v1/channels/sms?a=1&b=%20x"
        called = str(client._base_url).rstrip("/") + path  # noqa: SLF001 - has no public name
        right = await send(client, REPORT, url=called, path=path)
        wrong = await send(client, REPORT, url=called.partition("?")[0], path=path)

    assert (right.status, wrong.status) == (200, 403)


async def test_while_a_token_is_replaced_a_call_may_be_signed_with_either(running: Running) -> None:
    before = "the token of last year"
    signed = [sign(one.encode(), URL, REPORT.items()) for one in (before, TOKEN, "another")]
    async with running(**SETTINGS | {"sms_token_before": before}) as client:
        called = [(await send(client, REPORT, signature=one)).status for one in signed]

    assert called == [200, 200, 403]


async def test_a_text_to_a_number_that_is_not_ours_is_not_kept(
    running: Running, database: Database
) -> None:
    async with running(**SETTINGS) as client:
        response = await send(client, REPORT | {"To": "+15035550199"})

    assert (response.status, message_in(response)) == (200, None)
    assert response.body.endswith(b"<Response/>")
    assert await kept(database) == 0


async def test_wrong_fields_are_named(running: Running) -> None:
    without_sid = {name: value for name, value in REPORT.items() if name != "MessageSid"}
    async with running(**SETTINGS) as client:
        missing = await send(client, without_sid)
        too_long = await send(client, REPORT | {"Body": "x" * 4_001})
        no_form = await call(client, "POST", "/v1/channels/sms", json={"a": 1})

    assert [one["field"] for one in missing.json["errors"]] == ["MessageSid"]
    assert [(one["field"], one["code"]) for one in too_long.json["errors"]] == [
        ("Body", "too_long")
    ]
    assert [missing.status, too_long.status, no_form.status] == [422, 422, 415]


async def test_without_a_token_there_is_no_callback(running: Running) -> None:
    async with running() as client:
        assert (await send(client, REPORT)).status == 404


async def test_a_number_of_an_unknown_city_stops_the_start(running: Running) -> None:
    with pytest.raises(SmsNumbersError, match=r"names atlantis.gov; write one of .*portland.gov"):
        async with running(**SETTINGS | {"sms_numbers": f"{OURS}=atlantis.gov"}):
            pass


async def test_a_repeat_gets_the_same_answer_and_changes_nothing(
    running: Running, topic_log: TopicLog
) -> None:
    async with running(**SETTINGS) as client:
        same = [await send(client, REPORT) for _ in range(3)]
        same.append(await send(client, REPORT | {"MessageSid": "SM2"}))
        at_once = await asyncio.gather(
            *[send(client, form("SM3", "+15035550178", "Graffiti at 12th & Couch")) for _ in "abcd"]
        )
        published = await topic_log.at_least(3, INTAKE_REQUESTS)
    async with running(**SETTINGS) as client:
        after_a_restart = await send(client, REPORT)

    assert len({one.body for one in (*same[:3], after_a_restart)}) == 1
    assert len({one.body for one in at_once}) == 1
    assert len(published) == 3  # two reports and the note of the same words under another id
    assert {one.status for one in (*same, *at_once)} == {200}


async def test_a_flood_from_one_number_or_without_a_signature_is_refused(
    running: Running,
) -> None:
    async with running(**SETTINGS, address_per_second=1) as client:

        async def flooded() -> bool:
            texts = [send(client, form("SM1", PERSON, "hi")) for _ in range(30)]
            return 429 in {one.status for one in await asyncio.gather(*texts)}

        async def forged() -> bool:
            texts = [send(client, REPORT, signature="x") for _ in range(30)]
            return 429 in {one.status for one in await asyncio.gather(*texts)}

        await eventually(flooded)
        other = await send(client, form("SM9", "+15035550179", "hi"))
        await eventually(forged)

    assert other.status == 200


async def test_while_the_database_is_stuck_a_text_gets_503_and_then_its_answer(
    running: Running, database: Database
) -> None:
    async with running(**SETTINGS) as client:
        async with locked(database, "intake.sms_conversations"):
            stuck = await send(client, REPORT)

        async def taken() -> bool:
            return (await send(client, REPORT)).status == 200

        await eventually(taken)

    assert stuck.status == 503
