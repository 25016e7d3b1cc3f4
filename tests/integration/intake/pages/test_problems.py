"""The public list of problems: its page, and the same as Atom and GeoJSON."""

import asyncio
import re
from typing import Any

import aiohttp
import pytest
from lxml import etree

from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.browser import Page, visit
from tests.support.intake.open311_calls import public_id_of
from tests.support.intake.open311_requests import CITY

pytestmark = pytest.mark.integration

_ATOM, _GEORSS = "{http://www.w3.org/2005/Atom}", "{http://www.georss.org/georss}"
SOUTHEAST = {"lat": "45.5120", "long": "-122.6000"}
SOUTH = {"lat": "45.4500", "long": "-122.6690"}  # in the box of Southeast
NORTH = {"lat": "45.5900", "long": "-122.7500"}


async def change(database: Database, statement: str, *arguments: object) -> None:
    """Change what intake knows, as operators and time would have done."""
    async with open_database(database.admin_dsn, "intake") as db:
        await db.execute(statement, *arguments)


_CASE = """
    INSERT INTO cases (case_id, version, jurisdiction, dedup_group, service_code, status,
                       request_count, first_reported_at)
    VALUES ($1, 1, 'portland.gov', 'pothole', 'ROW-POTHOLE', 'open', 2, '2026-03-01T12:00Z')
"""


async def close(database: Database, public_id: str) -> None:
    await change(
        database,
        "UPDATE listed_requests SET is_open = false WHERE request_id = "
        "(SELECT request_id FROM requests WHERE public_id = $1)",
        public_id,
    )


def shown(page: Page) -> list[str]:
    """The public ids on a page."""
    return list(page.tree.xpath("//ol[@class='problems']/li/@id"))


async def features(client: aiohttp.ClientSession, query: str = "") -> list[dict[str, Any]]:
    async with client.get(f"/problems.geojson?{query}") as response:
        assert response.status == 200
        assert response.content_type == "application/geo+json"
        return list((await response.json(content_type=None))["features"])


async def entries(client: aiohttp.ClientSession, query: str = "") -> list[str]:
    """The ids of the feed."""
    async with client.get(f"/problems.atom?{query}") as response:
        assert response.status == 200
        feed = etree.fromstring(await response.read())
    ids = [one.findtext(f"{_ATOM}id") or "" for one in feed.iter(f"{_ATOM}entry")]
    return [one.partition("#")[2] for one in ids]


async def test_page_atom_and_geojson_select_the_same_by_kind_part_of_town_and_state(
    running: Running, database: Database
) -> None:
    async with running() as client:
        southeast = await public_id_of(client, **SOUTHEAST)
        north = await public_id_of(client, **NORTH)
        sign = await public_id_of(client, service_code="ROW-SIGN", **NORTH)
        nowhere = await public_id_of(client, lat="", long="", address_string="5th and Main")
        south = await public_id_of(client, **SOUTH)
        await close(database, north)

        async def found(query: str = "") -> list[str]:
            page = await visit(client, f"/problems?{query}")
            assert page.status == 200
            on_page = shown(page)
            assert await entries(client, query) == on_page
            assert [one["id"] for one in await features(client, query)] == on_page
            return on_page

        assert await found() == [south, nowhere, sign, north, southeast]
        assert await found("service_code=ROW-SIGN") == [sign]
        assert await found("district=SE") == [southeast]
        assert await found("district=N&status=open") == [sign]
        assert await found("status=closed") == [north]
        assert await found("district=S") == [south]
        assert await found("district=NE") == []


async def test_reports_of_one_case_are_one_problem_and_pages_follow_one_another(
    running: Running, database: Database
) -> None:
    async with running() as client:
        numbers = [await public_id_of(client) for _ in range(33)]
        same = "UPDATE listed_requests SET case_id = gen_random_uuid()"
        one = "UPDATE listed_requests SET case_id = $2 WHERE request_id IN "
        both = "(SELECT request_id FROM requests WHERE public_id = ANY($1::text[]))"
        case_id = "0197a1b2-c3d4-7000-8000-000000000001"
        await change(database, same)
        await change(database, one + both, numbers[:2], case_id)
        await change(database, _CASE, case_id)

        first = await visit(client, "/problems")
        [older] = first.tree.xpath("//a[contains(@href, 'after=')]/@href")
        second = await visit(client, older)
        [known] = [one for one in await features(client) if one["id"] == numbers[1]]

    assert known["properties"]["first_requested_datetime"] == "2026-03-01T12:00:00Z"
    assert shown(first) + shown(second) == numbers[:0:-1]
    assert "Older problems" not in second.text


async def test_nothing_private_is_in_any_of_them(running: Running) -> None:
    async with running() as client:
        held = await public_id_of(client, description="My neighbor Ana Lopez parks here drunk")
        told = await public_id_of(client, description="Deep hole in the right lane")
        private = {
            "service_code": "OUTREACH-REQ",
            "description": "A person in need of help",
            "attribute[person_name]": "Bo",
            "attribute[wants_help]": "yes",
        }
        await public_id_of(client, **private)

        bodies = [(await visit(client, "/problems")).text]
        for path in ("/problems.atom", "/problems.geojson"):
            async with client.get(path) as response:
                bodies.append(await response.text())
        ids = shown(await visit(client, "/problems"))

    assert ids == [told, held]
    for body in bodies:
        assert "Deep hole in the right lane" in body
        assert "Lopez" not in body
        assert "in need of help" not in body
        assert re.search(r"\b\d\d-[0-9A-Z]{4}-", body) is None


async def test_a_problem_has_a_page_of_its_own_with_what_the_public_may_know(
    running: Running, database: Database
) -> None:
    case_id = "0197a1b2-c3d4-7000-8000-000000000001"
    step = """
        INSERT INTO case_steps (case_id, version, status, taken_at, bureau, note, not_fixed)
        VALUES ($1, $2, $3, now(), 'PBOT-MAINT', $4, $2 = 2)
    """
    join = "UPDATE listed_requests SET case_id = $1"
    async with running(notify_url="https://311.example.org") as client:
        alone = await visit(client, f"/problems/{case_id}")
        told = await public_id_of(client, description="Deep hole in the right lane", **SOUTHEAST)
        number = "26-JMAH-6YWM3P"
        await public_id_of(client, description="My neighbor Ana Lopez parks here drunk")
        unassigned = shown(await visit(client, "/problems"))
        await change(database, join, case_id)
        await change(database, _CASE, case_id)
        await change(database, step, case_id, 1, "completed", f"Filled. {number}")
        await change(database, step, case_id, 2, "open", None)
        listed = await visit(client, "/problems")
        [path] = set(listed.tree.xpath("//ol/li/h2/a/@href"))
        page = await visit(client, path)
        others = [
            (await visit(client, other)).status
            for other in ("/problems/x", "/problems/0197a1b2-c3d4-7000-8000-000000000009")
        ]

    assert (alone.status, others, len(unassigned)) == (404, [404, 404], 2)
    assert path == f"/problems/{case_id}"
    assert page.texts("//ol[@class='history']/li/p[1]") == [
        "With the team Somebody said that it is not fixed.",
        "Done",
    ]
    assert "2 reports, first report on March 1, 2026" in page.text
    assert page.tree.xpath("//a[starts-with(@href, 'https://311.example.org/alerts?')]")
    for private in (number, "Lopez", told):
        assert private not in page.text


async def test_an_unknown_filter_is_refused_and_calls_are_limited_by_address(
    running: Running,
) -> None:
    async with running(address_per_second=2) as client:
        page = await visit(client, "/problems?district=X")
        async with client.get("/problems.geojson?service_code=OUTREACH-REQ") as response:
            refused = response.status, (await response.json())["errors"][0]["field"]
        calls = (client.get("/problems.atom") for _ in range(20))
        statuses = [answer.status for answer in await asyncio.gather(*calls)]

    assert page.status == 422
    assert refused == (422, "service_code")
    assert set(statuses) == {200, 429}


async def test_the_feed_is_atom_with_a_point(running: Running) -> None:
    async with running() as client:
        await public_id_of(client, description="A hole\u0001 & <more>", **SOUTHEAST)
        async with client.get("/problems.atom") as response:
            headers, feed = response.headers, etree.fromstring(await response.read())

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert feed.findtext(f"{_ATOM}entry/{_GEORSS}point") == "45.512 -122.6"
    assert "A hole & <more>" in (feed.findtext(f"{_ATOM}entry/{_ATOM}content") or "")
    for name in ("id", "title", "updated", f"author/{_ATOM}name"):
        assert feed.findtext(f"{_ATOM}{name}")


async def test_a_link_fills_in_kind_and_place(running: Running) -> None:
    async with running() as client:
        page = await visit(client, "/report?service_code=ROW-SIGN&lat=45.512&lon=-122.6")
        kind = await page.submit({"description": "It is bent"})
        unknown = await visit(client, "/report?service_code=NONE&lat=x")

    assert (page.value("latitude"), page.value("longitude")) == ("45.512", "-122.6")
    assert f"You report: {CITY.services['ROW-SIGN'].name.en}." in page.text
    assert kind.chosen("service_code") == ["ROW-SIGN"]
    assert unknown.status == 200
    assert "You report:" not in unknown.text
