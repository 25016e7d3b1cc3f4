"""The photos of a report: up to five, each of which can be removed."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
from PIL import Image

from shared.contract.events import RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS
from tests.integration.intake.conftest import Running
from tests.support.intake.browser import Page, visit
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration

POTHOLE = {"description": "A small pothole", "address": "1221 SW 4th Ave"}


@pytest.fixture
async def client(running: Running) -> AsyncGenerator[aiohttp.ClientSession]:
    async with running(forms_per_minute=6_000) as client:
        yield client


async def test_photos_can_be_removed_and_what_is_none_is_refused(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    what = await visit(client, "/report")
    photos = [picture("red"), b"GIF89a no picture", picture("lime")]
    refused = await what.submit({**POTHOLE, "photo": photos})
    kind = await refused.submit({"photo": picture("blue")})
    back = await kind.submit(button=("to", "back"))
    first, second, third = removals(back)
    both = {"photo": b"GIF89a no picture either"}
    told = await back.submit(both, button=("remove_photo", first))
    check = await (await told.submit()).submit()
    left = await check.submit({"name": "Ana"}, button=("remove_photo", second))
    receipt = await left.submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert (refused.status, kind.status, told.status) == (422, 200, 422)
    assert refused.value("description") == POTHOLE["description"]
    [fault] = refused.texts("//*[@id='f-photo-fault']")
    assert "Photo 2 of those that you chose: We cannot read this file." in fault
    assert "Photo 1" not in told.texts("//*[@id='f-photo-fault']")[0]
    assert (removals(refused), removals(told)) == ([first, second], [second, third])
    assert (removals(left), left.value("name")) == ([third], "Ana")
    assert receipt.tree.xpath("//main//img/@src") == [f"/v1/media/{third}"]
    assert isinstance(submitted, RequestSubmitted)
    assert [one.url.rpartition("/")[2] for one in submitted.data.media] == [third]


async def test_five_photos_are_sent_and_the_sixth_is_told(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    one = await (await visit(client, "/report")).submit({**POTHOLE, "photo": picture("red")})
    what = await one.submit(button=("to", "back"))
    five = [picture(name) for name in ("lime", "blue", "white", "black", "gray")]
    told = await what.submit({"photo": five})
    receipt = await (await (await told.submit()).submit()).submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)
    key = receipt.tree.xpath("//a[@class='button main']/@href")[0]
    own, other = await visit(client, key), await visit(client, key.partition("?")[0])

    assert told.status == 422
    assert "five photos" in told.texts("//*[@id='f-photo-fault']")[0]
    assert removals(told)[:1] == removals(what)
    assert isinstance(submitted, RequestSubmitted)
    assert [one.url.rpartition("/")[2] for one in submitted.data.media] == removals(told)
    shown = [f"/v1/media/{one}" for one in removals(told)]
    assert receipt.tree.xpath("//main//img/@src") == shown
    assert sorted(own.tree.xpath("//main//img/@src")) == sorted(shown)
    assert other.tree.xpath("//main//img/@src") == []


def picture(colour: str) -> bytes:
    return encoded(Image.new("RGB", (64, 48), colour))


def removals(page: Page) -> list[str]:
    """The ids of the photos that the page shows, each with a button that removes it."""
    return list(page.tree.xpath("//figure[img]/button[@name='remove_photo']/@value"))
