"""The pages that show how a report stands."""

import asyncio

import aiohttp
import pytest

from services.intake.channels.status_view import ReporterLinks
from services.intake.notes import MAX_PAGE_NOTES
from shared.contract.events import ContactGiven, NoteAdded
from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from tests.integration.intake.conftest import Running
from tests.support.intake.browser import visit
from tests.support.intake.http_client import note, plain, post
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration

LINKS = ReporterLinks.of(b"a secret of the tests", "")


async def number_of(client: aiohttp.ClientSession) -> str:
    return str((await post(client, plain())).json["tracking_number"])


async def test_a_number_leads_to_status_history_and_what_happens_next(
    client: aiohttp.ClientSession,
) -> None:
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


async def test_a_pin_without_an_address_is_told_in_words_unless_its_kind_is_private(
    client: aiohttp.ClientSession,
) -> None:
    at = {"latitude": 45.5192, "longitude": -122.6793}
    public, private = [
        await post(client, plain(location=at, service_code=code))
        for code in ("ROW-POTHOLE", "CAMP-ADA")
    ]
    told, hidden = [
        await visit(client, f"/track/{one.json['tracking_number']}") for one in (public, private)
    ]

    assert "The pin is near " in told.text
    assert "near 45.519, -122.679" in hidden.text
    assert "The pin" not in hidden.text


@pytest.mark.parametrize("typed", ["26-7KQ4-M2", "no number", "%3Cscript%3E"])
async def test_an_unknown_number_is_404_with_the_number_to_correct(
    client: aiohttp.ClientSession, typed: str
) -> None:
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
        _, taken = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert [page.status for page in (empty, added, again, other, forged)] == [
        422,
        200,
        200,
        422,
        422,
    ]
    assert added.tree.xpath("//*[@role='status' and @autofocus]")
    assert forged.value("text") == "It is deeper now"
    assert isinstance(taken, NoteAdded)
    assert (taken.data.text, taken.data.channel) == ("It is deeper now", "web")
    assert len(await topic_log.at_least(2, INTAKE_REQUESTS)) == 2


async def test_a_note_that_tells_of_danger_shows_911_first(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        status = await visit(client, f"/track/{await number_of(client)}")
        added = await status.submit({"text": "A live wire is down and sparking in the hole"})
        [danger] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)

    assert "danger" in added.tree.xpath("//main/*")[0].classes
    assert isinstance(danger, NoteAdded)


async def test_a_photo_comes_with_the_words_and_not_fixed_needs_none(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        status = await visit(client, f"/track/{await number_of(client)}")
        refused = await status.submit({"text": "Look", "photo": b"GIF89a no picture"})
        added = await refused.submit({"photo": encoded()})
        again = await refused.submit({"photo": encoded()})
        number = status.url.rpartition("/")[2]
        broken = await visit(client, f"{status.url}?key={LINKS.key(number)}")
        told = await broken.submit({"not_fixed": "It is not fixed."})
        _, first, second = await topic_log.at_least(3, INTAKE_REQUESTS)

    assert [page.status for page in (refused, added, again, told)] == [422, 200, 200, 200]
    assert refused.value("text") == "Look"
    assert refused.tree.xpath("//*[@role='alert']//a/@href") == ["#f-photo"]
    assert isinstance(first, NoteAdded)
    assert isinstance(second, NoteAdded)
    assert [medium.url for medium in first.data.media] != []
    assert (second.data.text, second.data.by) == ("It is not fixed.", "reporter")
    assert first.data.by == "other"


async def test_the_reporter_sees_what_was_added_and_asks_for_updates(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        number = await number_of(client)
        link = f"/track/{number}?key={LINKS.key(number)}"
        own = await visit(client, link)
        await own.submit({"text": "It is deeper now", "photo": encoded()})
        wrong = await own.submit({"email": "ana@"}, button=("to", "follow"))
        told = await wrong.submit({"email": "ana@example.org"}, button=("to", "follow"))
        other = await visit(client, f"/track/{number}")
        [given] = await topic_log.at_least(1, INTAKE_CONTACTS)

    assert [page.status for page in (own, wrong, told)] == [200, 422, 200]
    for page in (told, other):
        assert page.texts("//ol[@class='history'][1]//p") == ["It is deeper now"]
        assert page.tree.xpath("//*[contains(@class, 'still')]/@data-at") == ["45.5189,-122.6793"]
        assert not page.tree.xpath("//*[@name='email']")
    assert [len(page.tree.xpath("//figure//img")) for page in (told, other)] == [1, 0]
    assert "You get updates from now on." in told.text
    assert isinstance(given, ContactGiven)
    assert (given.data.email, given.data.status_updates) == ("ana@example.org", ("email",))


async def test_a_link_of_another_report_does_not_make_its_holder_the_reporter(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        number, another = await number_of(client), await number_of(client)
        for key in (LINKS.key(another), "0" * 32, "é", ""):
            page = await visit(client, f"/track/{number}?key={key}&lang=es")
            assert (await page.submit({"text": f"With {key}"})).status == 200
        published = await topic_log.at_least(6, INTAKE_REQUESTS)

    notes = [event.data for event in published if isinstance(event, NoteAdded)]
    assert [one.by for one in notes] == ["other"] * 4


async def test_strangers_notes_of_a_day_are_limited_and_the_reporters_are_not_among_them(
    running: Running, topic_log: TopicLog
) -> None:
    async with running(notes_per_hour=100) as client:
        number, another = await number_of(client), await number_of(client)
        page = await visit(client, f"/track/{number}")
        forms = [await visit(client, page.url) for _ in range(MAX_PAGE_NOTES + 5)]
        added = await asyncio.gather(*[one.submit({"text": "Nothing here"}) for one in forms])
        repeat = await next(
            one for one, got in zip(forms, added, strict=True) if got.status == 200
        ).submit({"text": "Nothing here"})
        own = await visit(client, f"/track/{number}?key={LINKS.key(number)}")
        of_reporter = await own.submit({"text": "It is deeper now"})
        elsewhere = await (await visit(client, f"/track/{another}")).submit({"text": "Look"})
        by_adapter = await note(client, number)
        published = await topic_log.at_least(MAX_PAGE_NOTES + 5, INTAKE_REQUESTS)

    assert sorted(one.status for one in added) == [200] * MAX_PAGE_NOTES + [429] * 5
    assert {one.headers.get("Retry-After") for one in added if one.status == 429} == {"3600"}
    assert [one.status for one in (repeat, of_reporter, elsewhere, by_adapter)] == [
        200,
        200,
        200,
        201,
    ]
    assert len(published) == MAX_PAGE_NOTES + 5


async def test_an_address_adds_notes_at_its_rate_whatever_they_are_about(running: Running) -> None:
    async with running(notes_per_hour=2) as client:
        pages = [await visit(client, f"/track/{await number_of(client)}") for _ in range(3)]
        added = [await page.submit({"text": "Look"}) for page in pages]
        fault = await pages[2].submit({"text": ""})

    assert [one.status for one in added] == [200, 200, 429]
    assert fault.status == 422
