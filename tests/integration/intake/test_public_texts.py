"""Texts that the public does not read before an operator released them."""

from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from services.intake.store.erasure import erase_texts
from shared.runtime.http.staff import ACTOR
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import BUREAU, OPERATOR, Running
from tests.support.databases import Database
from tests.support.intake.http_client import ADAPTER, Response, call, note, plain, post
from tests.support.intake.open311_calls import read

pytestmark = pytest.mark.integration

WORDS = "My neighbor Kevin Doyle dumps his motor oil in the storm drain"
FINDING = {"class": "name", "words": "Kevin Doyle"}
HARMLESS = "A deep pothole in the right lane"


async def report(
    client: aiohttp.ClientSession, text: str = WORDS, code: str = "ROW-POTHOLE"
) -> str:
    answer = await post(client, plain(service_code=code, description=text))
    return str(answer.json["tracking_number"])


async def decide(
    client: aiohttp.ClientSession, number: str, verb: str, key: str | None = OPERATOR
) -> Response:
    headers = {ACTOR: "kim"}
    return await call(client, "POST", f"/v1/requests/{number}/text/{verb}", key, headers=headers)


async def held(client: aiohttp.ClientSession, number: str) -> list[dict[str, Any]]:
    answer = await call(client, "GET", "/v1/texts", OPERATOR)
    return [one for one in answer.json["texts"] if one["tracking_number"] == number]


async def status(client: aiohttp.ClientSession, number: str) -> Any:
    return (await call(client, "GET", f"/v1/requests/{number}")).json


async def shown_to_all(client: aiohttp.ClientSession, number: str) -> set[str]:
    """Return the descriptions that Open311 shows of a request, by both names and formats."""
    public_id = (await status(client, number))["public_id"]
    shown = set()
    for name in (number, public_id):
        shown.add((await read(client, f"requests/{name}.json")).json[0]["description"])
        [element] = (await read(client, f"requests/{name}.xml")).xml.iter("description")
        shown.add(str(element.text))
        found = await read(client, "requests.json", service_request_id=name, extensions="true")
        shown.add(found.json[0]["description"])
    return shown


async def test_strangers_read_the_kind_until_an_operator_releases_the_words(
    client: aiohttp.ClientSession,
) -> None:
    number = await report(client)
    before = await shown_to_all(client, number)
    own = await status(client, number)
    page = await call(client, "GET", f"/track/{number}")
    [waiting] = await held(client, number)
    released = [await decide(client, number, "release") for _ in range(2)]
    after = await shown_to_all(client, number)
    left = await held(client, number)

    assert before == {"Pothole"}
    assert (own["description"], own["text_status"]) == (WORDS, "held")
    assert WORDS in page.body.decode()
    assert (waiting["text"], waiting["description"]) == ("description", WORDS)
    assert FINDING in waiting["findings"]
    assert [a.status for a in released] == [200, 200]
    assert released[0].json == {"tracking_number": number, "text_status": "released"}
    assert after == {WORDS}
    assert left == []
    assert (await status(client, number))["text_status"] == "released"


async def test_a_public_text_can_be_withheld_and_released_again(
    client: aiohttp.ClientSession,
) -> None:
    number = await report(client, HARMLESS)
    before = await shown_to_all(client, number), (await status(client, number))["text_status"]
    with capture_logs() as logs:
        await decide(client, number, "withhold")
    withheld = await shown_to_all(client, number), await status(client, number)
    await decide(client, number, "release")

    assert [one["actor"] for one in logs if one["event"] == "text_withheld"] == ["kim"]
    assert before == ({HARMLESS}, "public")
    assert withheld[0] == {"Pothole"}
    assert (withheld[1]["text_status"], withheld[1]["description"]) == ("withheld", HARMLESS)
    assert await shown_to_all(client, number) == {HARMLESS}


async def test_a_note_about_a_person_waits_and_hides_no_description(
    client: aiohttp.ClientSession,
) -> None:
    number = await report(client, HARMLESS)
    for _ in range(2):
        await note(client, number, {"text": WORDS}, id_="n-1")
    [waiting] = await held(client, number)
    shown = await shown_to_all(client, number)
    during = (await status(client, number))["text_status"]
    await decide(client, number, "withhold")

    assert (waiting["text"], waiting["description"]) == ("note", None)
    assert FINDING in waiting["findings"]
    assert shown == {HARMLESS}
    assert during == "held"
    assert await held(client, number) == []
    assert (await status(client, number))["text_status"] == "withheld"


async def test_the_words_of_a_private_kind_are_shown_to_the_holder_of_its_number_alone(
    client: aiohttp.ClientSession,
) -> None:
    number = await report(client, "Tents beside the path", "CAMP-ADA")

    shown = await status(client, number)
    listed = await read(client, f"requests/{shown['public_id']}.json")

    assert shown["description"] == "Tents beside the path"
    assert listed.status == 404


async def test_an_unknown_number_is_404_and_a_request_without_words_409(
    client: aiohttp.ClientSession,
) -> None:
    number = await report(client, "")
    unknown = [await decide(client, one, "release") for one in ("26-0000-000000", "x")]
    wordless = await decide(client, number, "withhold")

    assert [a.status for a in unknown] == [404, 404]
    assert (wordless.status, wordless.json["code"]) == (409, "no_text")


@pytest.mark.parametrize("verb", ["release", "withhold"])
async def test_only_an_operator_decides_and_reads_the_list(
    client: aiohttp.ClientSession, verb: str
) -> None:
    number = await report(client)
    keys = (None, "x", BUREAU, ADAPTER)
    answers = [await decide(client, number, verb, key) for key in keys]
    lists = [await call(client, "GET", "/v1/texts", key) for key in keys]

    assert [a.status for a in answers] == [401, 401, 403, 403]
    assert [a.status for a in lists] == [401, 401, 403, 403]
    assert (await status(client, number))["text_status"] == "held"


async def test_an_erasure_leaves_neither_words_nor_findings(
    running: Running, database: Database
) -> None:
    async with running() as client:
        numbers = [await report(client), await report(client, WORDS, "CAMP-ADA")]
        async with open_database(database.admin_dsn, "intake") as db:
            ids = await db.fetch("SELECT request_id::text FROM requests")
            await erase_texts(db, [one["request_id"] for one in ids])
            left = await db.fetchval("SELECT count(*) FROM reviewed_texts")
        told = [await status(client, number) for number in numbers]
        decided = await decide(client, numbers[0], "release")

    assert left == 0
    assert [one["description"] for one in told] == [None, None]
    assert decided.status == 409


async def test_requests_from_before_are_public(running: Running, database: Database) -> None:
    async with running() as client:
        number = await report(client)
        async with open_database(database.admin_dsn, "intake") as db:
            await db.execute("DELETE FROM reviewed_texts")
        shown = await shown_to_all(client, number)

    assert shown == {WORDS}
