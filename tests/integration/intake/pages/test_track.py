"""The pages that show how a report stands."""

import aiohttp
import pytest

from shared.contract.events import NoteAdded
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from tests.integration.intake.conftest import Running
from tests.integration.intake.http_client import plain, post
from tests.integration.intake.pages.browser import visit
from tests.pictures import encoded
from tests.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def number_of(client: aiohttp.ClientSession) -> str:
    return str((await post(client, plain())).json["tracking_number"])


async def test_a_number_leads_to_status_history_and_what_happens_next(running: Running) -> None:
    async with running() as client:
        number = await number_of(client)
        asked = await visit(client, "/track")
        shown = await visit(client, f"/track?number={number.replace('-', '').lower()}")
        spanish = await visit(client, f"/track/{number}?lang=es")

    assert asked.status == shown.status == 200
    assert shown.url == f"/track/{number}"
    assert number in shown.text
    assert shown.heading == "Pothole"
    assert shown.texts("//ol[@class='history']//strong") == ["Received"]
    assert {"What happens next", "When", "Place"} <= set(shown.texts("//dt"))
    assert spanish.texts("//ol[@class='history']//strong") == ["Recibido"]


@pytest.mark.parametrize("typed", ["26-7KQ4-M2", "no number", "%3Cscript%3E"])
async def test_an_unknown_number_is_404_with_the_number_to_correct(
    running: Running, typed: str
) -> None:
    async with running() as client:
        page = await visit(client, f"/track/{typed}")
        asked = await visit(client, "/track?number=26-7KQ4-M3")

    assert page.status == asked.status == 404
    assert page.value("number")
    assert page.field("number").get("aria-invalid") == "true"
    assert page.tree.xpath("//*[@role='alert' and @autofocus]")


async def test_words_are_added_once(running: Running, topic_log: TopicLog) -> None:
    async with running() as client:
        status = await visit(client, f"/track/{await number_of(client)}")
        empty = await status.submit()
        added = await status.submit({"text": "It is deeper now"})
        again = await status.submit({"text": "It is deeper now"})
        other = await status.submit({"text": "Other words"})
        forged = await status.submit({"form": "0.0", "text": "It is deeper now"})
        _, note = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert [page.status for page in (empty, added, again, other, forged)] == [
        422,
        200,
        200,
        422,
        422,
    ]
    assert added.tree.xpath("//*[@role='status' and @autofocus]")
    assert forged.value("text") == "It is deeper now"
    assert isinstance(note, NoteAdded)
    assert (note.data.text, note.data.channel) == ("It is deeper now", "web")
    assert len(await topic_log.records(INTAKE_REQUESTS)) == 2


async def test_a_note_that_tells_of_danger_shows_911_first(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        status = await visit(client, f"/track/{await number_of(client)}")
        added = await status.submit({"text": "A live wire is down and sparking in the hole"})
        [note] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)

    assert "danger" in added.tree.xpath("//main/*")[0].classes
    assert isinstance(note, NoteAdded)


async def test_a_photo_comes_with_the_words_and_not_fixed_needs_none(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        status = await visit(client, f"/track/{await number_of(client)}")
        refused = await status.submit({"text": "Look", "photo": b"GIF89a no picture"})
        added = await refused.submit({"photo": encoded()})
        again = await refused.submit({"photo": encoded()})
        broken = await visit(client, status.url)
        told = await broken.submit({"not_fixed": "It is not fixed."})
        _, note, second = await topic_log.at_least(3, INTAKE_REQUESTS)

    assert [page.status for page in (refused, added, again, told)] == [422, 200, 200, 200]
    assert refused.value("text") == "Look"
    assert refused.tree.xpath("//*[@role='alert']//a/@href") == ["#f-photo"]
    assert isinstance(note, NoteAdded)
    assert isinstance(second, NoteAdded)
    assert [medium.url for medium in note.data.media] != []
    assert second.data.text == "It is not fixed."
