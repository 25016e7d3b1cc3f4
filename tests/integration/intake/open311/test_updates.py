"""Updates that clients send: the same door as a note."""

import aiohttp
import pytest

from services.intake.channels.open311.schema import UpdateTaken
from shared.contract.events import NoteAdded
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import BUREAU, Running
from tests.support.databases import Database
from tests.support.intake.http_client import note
from tests.support.intake.open311_calls import number_of, send_update
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def test_an_update_is_published_as_a_note(running: Running, topic_log: TopicLog) -> None:
    async with running() as client:
        number = await number_of(client)
        taken = await send_update(
            client,
            service_request_id=number,
            status="closed",
            media_url="https://photos.example.org/1.jpg",
        )
        _, published = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert isinstance(published, NoteAdded)
    assert (published.data.tracking_number, published.data.text) == (number, "It is still there")
    assert published.data.channel == "open311"
    assert [medium.url for medium in published.data.media] == ["https://photos.example.org/1.jpg"]
    assert taken.json == [{"update_id": published.data.note_id}]


async def test_a_repeat_gets_the_same_answer_in_both_formats(
    running: Running, database: Database
) -> None:
    async with running() as client:
        number = await number_of(client)
        first = await send_update(client, service_request_id=number, update_id="17")
        again = await send_update(client, service_request_id=number, update_id="17", output="xml")
        as_note = await note(
            client, number, {"text": "It is still there", "channel": "open311"}, id_="17"
        )
        other = await send_update(
            client, service_request_id=number, update_id="17", description="Something else"
        )
    async with open_database(database.admin_dsn) as db:
        stored = await db.fetchval("SELECT count(*) FROM intake.notes")

    [taken] = [UpdateTaken(**update) for update in first.json]
    assert first.status == again.status == 200
    assert again.xml.findtext("request_update/update_id") == taken.update_id
    assert as_note.json == {"note_id": taken.update_id}
    assert (other.status, stored) == (400, 1)
    assert other.description.startswith("Idempotency-Key: This id was used for other data")


async def test_what_is_no_update_is_refused_in_the_form_of_open311(
    client: aiohttp.ClientSession,
) -> None:
    number = await number_of(client)
    empty = await send_update(client, service_request_id=number, description="")
    long = await send_update(client, service_request_id=number, description="x" * 4_001)
    unnamed = await send_update(client)
    unknown = await send_update(client, service_request_id="26-7KQ4-M2")
    nowhere = await send_update(client, service_request_id=number, jurisdiction_id="")
    stranger = await send_update(client, service_request_id=number, api_key="nobody's")
    bureau = await send_update(client, service_request_id=number, api_key=BUREAU)

    assert [one.status for one in (empty, long, unnamed, nowhere)] == [400] * 4
    assert [one.status for one in (unknown, stranger, bureau)] == [404, 403, 403]
    assert empty.description == "description: Add text."
    assert long.description == "description: Write at most 4,000 characters."
    assert unnamed.description.startswith("service_request_id is missing")
