"""Notes on requests over HTTP."""

import asyncio

import aiohttp
import pytest

from shared.contract.events import NoteAdded, new_id
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS, NOTIFY_FEEDBACK
from shared.runtime.clock import utc_now
from tests.integration.intake.conftest import BUREAU, Running
from tests.support.databases import Database
from tests.support.intake.http_client import get, note, plain, post
from tests.support.locks import locked
from tests.support.notify.factories import closed, opened
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


async def test_a_note_is_published_once_behind_its_request(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        accepted = (await post(client, plain())).json
        number = accepted["tracking_number"]
        first = await note(client, number, id_="1")
        repeats = await asyncio.gather(*[note(client, number, id_="1") for _ in range(5)])
        other = await note(client, number, {"text": "Something else"}, id_="1")
        another = await note(client, number.replace("-", "").lower(), id_="2")
        published = await topic_log.at_least(3, INTAKE_REQUESTS)
    async with running() as client:
        after_a_restart = await note(client, number, id_="1")

    assert (first.status, list(first.json)) == (201, ["note_id"])
    assert {one.body for one in (*repeats, after_a_restart)} == {first.body}
    assert (other.status, other.json["errors"][0]["code"]) == (422, "id_reused")
    assert another.status == 201
    notes = [event for event in published if isinstance(event, NoteAdded)]
    assert [one.data.note_id for one in notes] == [first.json["note_id"], another.json["note_id"]]
    assert {one.data.request_id for one in notes} == {accepted["request_id"]}
    assert len(published) == 3


async def test_an_adapter_reopens_a_case_for_its_reporter_and_for_nobody_else(
    running: Running, topic_log: TopicLog
) -> None:
    case_id, ana = new_id(), {"email": "ana@example.org"}
    told = {"text": "It is not fixed", "not_fixed": True}
    async with running() as client:
        accepted = (await post(client, plain(reporter=ana))).json
        number, request_id = accepted["tracking_number"], accepted["request_id"]
        done = closed(case_id, 2).model_copy(update={"time": utc_now()})
        await topic_log.publish(opened(request_id, case_id), done)

        async def finished() -> bool:
            return "completed" in (await get(client, f"/v1/requests/{number}")).body.decode()

        await eventually(finished)
        await note(client, number, told)
        await note(client, number, told | {"reporter": {"email": "bo@example.org"}})
        wrong = await note(client, number, told | {"reporter": {"email": 7}})
        await note(client, number, told | {"reporter": ana})
        answers = await topic_log.at_least(1, NOTIFY_FEEDBACK)
        published = await topic_log.at_least(4, INTAKE_REQUESTS)

    assert [(one.data.request_id, one.data.fixed) for one in answers] == [(request_id, False)]
    notes = [event.data for event in published if isinstance(event, NoteAdded)]
    assert [one.by for one in notes] == [None, "other", "reporter"]
    assert (wrong.status, wrong.json["errors"][0]["field"]) == (422, "reporter.email")


async def test_a_danger_takes_the_express_lane(running: Running, topic_log: TopicLog) -> None:
    async with running() as client:
        number = (await post(client, plain())).json["tracking_number"]
        await note(client, number, {"text": "A live wire is down and sparking in the hole"})
        [published] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)

    assert isinstance(published, NoteAdded)
    assert published.data.lane == "express"


async def test_what_is_no_note_is_refused(client: aiohttp.ClientSession) -> None:
    number = (await post(client, plain())).json["tracking_number"]
    unknown = await note(client, "26-7KQ4-M2")
    mistyped = await note(client, "not-a-number")
    empty = await note(client, number, {"text": ""})
    too_long = await note(client, number, {"text": "x" * 4_001})
    no_object = await note(client, number, [])
    bad_id = await note(client, number, id_="x" * 501)
    stranger = await note(client, number, key="nobody's")
    bureau = await note(client, number, key=BUREAU)

    assert [one.status for one in (unknown, mistyped)] == [404, 404]
    assert [one.status for one in (empty, too_long, no_object)] == [422, 422, 422]
    assert [one.status for one in (bad_id, stranger, bureau)] == [400, 401, 403]
    assert empty.json["errors"][0]["code"] == "missing_text"
    assert too_long.json["errors"][0]["code"] == "too_long"


async def test_while_the_database_is_stuck_a_note_gets_503(
    running: Running, database: Database
) -> None:
    async with running() as client:
        number = (await post(client, plain())).json["tracking_number"]
        async with locked(database, "intake.notes"):
            stuck = await note(client, number, id_="1")
        taken = await note(client, number, id_="1")

    assert (stuck.status, taken.status) == (503, 201)
