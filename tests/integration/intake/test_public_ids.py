"""Public ids name requests to everybody, and open nothing; tracking numbers stay the reporter's."""

import asyncio
import re

import aiohttp
import pytest

from services.intake.channels.open311.schema import RequestAccepted
from services.intake.identifiers import read_public_id, read_tracking_number, tracking_number
from shared.contract.events import CaseOpened, NoteAdded, RequestTriaged
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.clock import utc_now
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.builders import case_with_request, decision
from tests.support.databases import Database
from tests.support.intake.browser import visit
from tests.support.intake.http_client import get, note, plain, post
from tests.support.intake.open311_calls import (
    CITY,
    ids,
    public_id_of,
    read,
    send,
    send_update,
    stamp,
)
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

OTHER = tracking_number(123_456_789_012, 2026)
LISTS = ("requests.json", "requests.xml", "servicerequestupdates.json")


async def accepted(client: aiohttp.ClientSession) -> tuple[str, str]:
    """Submit a report; return its tracking number and its public id."""
    receipt = (await post(client, plain())).json
    return receipt["tracking_number"], receipt["public_id"]


async def test_nothing_that_open311_shows_to_strangers_holds_a_tracking_number(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        public_id = await public_id_of(client, description=f"Like {OTHER} of last week")
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        number, made = request.data.tracking_number, decision(request.data)
        await topic_log.publish(
            RequestTriaged.of(made, now=utc_now()),
            CaseOpened.of(
                case_with_request(
                    case_id=made.case_id, request_id=made.request_id, tracking_number=number
                ),
                now=utc_now(),
            ),
        )

        async def updated() -> bool:
            return bool((await read(client, "servicerequestupdates.json")).json)

        await eventually(updated)
        since = stamp(request.time)
        answers = [await read(client, path, start_date=since) for path in LISTS]
        answers += [
            await read(client, f"requests/{public_id}.json", extensions="true"),
            await read(client, f"requests/{number}.xml", extensions="true"),
            await read(client, f"tokens/{public_id}.json"),
        ]

    assert read_public_id(public_id) == request.data.public_id == public_id
    for answer in answers:
        assert answer.status == 200
        assert public_id.encode() in answer.body
        for form in (number, number.replace("-", "")):
            assert form.encode() not in answer.body
        assert OTHER.encode() not in answer.body


async def test_a_stranger_with_the_public_id_cannot_see_the_page_add_a_note_or_reopen(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        _, public_id = await accepted(client)
        page = await visit(client, f"/track/{public_id}")
        asked = await visit(client, f"/track?number={public_id}")
        status = await get(client, f"/v1/requests/{public_id}")
        sent = await note(client, public_id, {"text": "Still there", "not_fixed": True})
        update = await send_update(client, service_request_id=public_id.upper())
        async with client.post(f"/track/{public_id}", data={"text": "x"}) as response:
            form = response.status
        published = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert [one.status for one in (page, asked, status, sent, update)] == [404] * 5
    assert form in {404, 422}
    assert "takes no update" in update.description
    assert len(published) == 1


async def test_the_holder_learns_the_public_id_and_gets_a_link_to_the_page(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        answer = await send(client, {"description": "A live wire is down and sparking"})
        taken = RequestAccepted(**answer.json[0])
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)
        number = request.data.tracking_number
        shown = (await get(client, f"/v1/requests/{number}")).json
        by_number = await read(client, "requests.json", service_request_id=f"{number}, nonsense")
        notice = taken.service_notice or ""
        [link] = re.findall(r"https://311\.example\.org(\S+)", notice)
        page = await visit(client, link)

    assert notice.index("911") < notice.index("https:")
    assert taken.service_request_id == request.data.public_id == shown["public_id"]
    assert ids(by_number) == [taken.service_request_id]
    assert page.status == 200
    assert number in page.text


async def test_a_tracking_number_and_a_public_id_are_independent_and_never_read_as_each_other(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        await asyncio.gather(*[post(client, plain()) for _ in range(50)])
        requests = await topic_log.at_least(50, INTAKE_REQUESTS)

    pairs = [(one.data.tracking_number, one.data.public_id) for one in requests]
    assert len({public for _, public in pairs}) == len({number for number, _ in pairs}) == 50
    for number, public in pairs:
        assert (read_public_id(number), read_tracking_number(public)) == (None, None)
        serial = number.replace("-", "").lower()[2:-1]
        assert serial not in {public[4:], public[:3:-1]}


async def test_requests_from_before_get_a_public_id_when_shown_and_are_found_by_both(
    running: Running, database: Database
) -> None:
    async with running() as client, open_database(database.admin_dsn) as db:
        numbers = [(await accepted(client))[0] for _ in range(3)]
        await db.execute("UPDATE intake.requests SET public_id = NULL")
        lists = await asyncio.gather(*[read(client, "requests.json") for _ in range(5)])
        given = ids(lists[0])
        by_both = await read(client, "requests.json", service_request_id=f"{given[0]},{numbers[0]}")
        await db.execute("UPDATE intake.requests SET public_id = NULL")
        by_number = await read(client, f"requests/{numbers[1]}.json")
        status = (await get(client, f"/v1/requests/{numbers[1]}")).json
        first = (await get(client, f"/v1/requests/{numbers[2]}")).json

    assert len({*given}) == 3
    assert all(map(read_public_id, given))
    assert {tuple(ids(one)) for one in lists} == {tuple(given)}
    assert given[0] in ids(by_both)
    assert ids(by_number) == [status["public_id"]]
    assert read_public_id(first["public_id"])


async def test_an_open311_update_with_the_tracking_number_is_still_a_note(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        number, _ = await accepted(client)
        taken = await send_update(client, service_request_id=number)
        _, added = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert isinstance(added, NoteAdded)
    assert taken.json == [{"update_id": added.data.note_id}]
    assert added.data.by is None
    assert added.data.jurisdiction == CITY
