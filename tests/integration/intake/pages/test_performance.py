"""The page of the city's performance, with insight's figures by HTTP and without."""

import csv
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from services.intake.channels.open_data.package import PACKAGE
from services.intake.channels.pages.performance import PublicFigures
from tests.integration.intake.conftest import Running
from tests.support.intake.browser import visit
from tests.support.intake.pages import FIGURES

pytestmark = pytest.mark.integration


@asynccontextmanager
async def insight(
    figures: PublicFigures | str, asked: list[str] | None = None
) -> AsyncGenerator[str]:
    """Insight's public port; it knows one month, and notes what it is asked for."""

    async def answer(request: web.Request) -> web.Response:
        if asked is not None:
            asked.append(request.query.get("month", ""))
        if isinstance(figures, str):
            return web.Response(text=figures)
        assert request.query["jurisdiction"] == "portland.gov"
        if request.query.get("month", figures.month) != figures.month:
            return web.json_response({"code": "unknown_month"}, status=404)
        return web.json_response(figures.model_dump())

    runner = web.AppRunner(web.Application())
    runner.app.router.add_get("/v1/public-figures", answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_month_is_shown_with_a_table_beside_each_chart_and_no_cookie(
    running: Running,
) -> None:
    async with insight(FIGURES) as url, running(insight_url=url) as client:
        page = await visit(client, "/performance")
        other = await visit(client, "/performance?month=2025-01")
        wrong = await visit(client, "/performance?month=%2F..%2F")
        async with client.get("/performance") as response:
            cookies = response.cookies

    assert (page.status, other.status, wrong.status) == (200, 404, 404)
    assert page.heading == "How we are doing"
    assert page.texts("//figure/figcaption") == [
        "Reports by month",
        "Reports by month and kind of problem",
        "Reports by month and part of town",
    ]
    assert page.texts("//table/caption")[:2] == [
        "Reports by kind of problem",
        "Reports by part of town",
    ]
    assert len(page.tree.xpath("//tbody/tr/td/*[name() = 'svg']")) == 6
    assert page.texts("//main/p/b") == [  # of which nothing is told
        "Time until the work was done, by part of town",
        "Promises by part of town",
    ]
    lines = page.tree.xpath("//figure//li/*[name() = 'svg']/*[name() = 'path']/@d")
    assert len(lines) == 1 + 2 + 2  # all, by kind, by part of town
    assert "Highest month: 72" in page.texts("//figure//li/span")
    assert "Pothole" in page.texts("//tbody//th")
    assert not cookies


async def test_each_chart_has_its_rows_as_csv_and_the_page_leads_to_open_data(
    running: Running, tmp_path: Path
) -> None:
    (tmp_path / PACKAGE).touch()  # so that the export waits for the night
    async with (
        insight(FIGURES) as url,
        running(insight_url=url, open_data_folder=tmp_path) as client,
    ):
        page = await visit(client, "/performance?lang=es")
        links = page.tree.xpath("//a[@download]")
        files = {}
        for link in links:
            spanish = {"Accept-Language": "es"}
            async with client.get(link.get("href"), headers=spanish) as response:
                assert (response.status, response.content_type) == (200, "text/csv")
                disposition = response.headers["Content-Disposition"]
                files[disposition] = list(csv.DictReader(io.StringIO(await response.text())))
        wrong = [
            (await visit(client, f"/performance.csv?{query}")).status
            for query in (
                "",
                "report=times&by=month",
                "report=trends&by=month",
                "report=volumes&by=kind&month=2025-01",
            )
        ]

    captions = page.texts("//table/caption | //figcaption | //main/p/b")
    assert [link.get("aria-label") for link in links] == [
        f"Descargar como CSV: {caption}" for caption in captions
    ]
    assert len(files) == len(captions) == 10
    assert files['attachment; filename="portland.gov-2026-03-times-kind.csv"'] == [
        {
            "kind": "ROW-POTHOLE",
            "name": "Bache",
            "n": "36",
            "complete_median_hours": "30.0",
            "complete_p90_hours": "",
        }
    ]
    assert page.tree.xpath("//main//a/@href")[-1] == "/open-data/"
    assert wrong == [404, 404, 404, 404]


async def test_without_open_data_the_page_does_not_lead_to_it(running: Running) -> None:
    async with insight(FIGURES) as url, running(insight_url=url) as client:
        page = await visit(client, "/performance")

    assert not page.tree.xpath("//a[@href = '/open-data/']")


async def test_all_visitors_of_a_minute_ask_insight_once_for_a_month(running: Running) -> None:
    asked: list[str] = []
    async with insight(FIGURES, asked) as url, running(insight_url=url) as client:
        pages = [await visit(client, "/performance") for _ in range(30)]
        for month in ("2025-01", "1999-99", "x"):
            assert (await visit(client, f"/performance?month={month}")).status == 404

    assert {page.status for page in pages} == {200}
    assert asked == [""]


@pytest.mark.parametrize("answer", ["", "[]", '{"month": "2026-03"}'])
async def test_without_usable_figures_the_page_is_503_and_says_so(
    running: Running, answer: str
) -> None:
    async with insight(answer) as url, running(insight_url=url) as client:
        assert (await visit(client, "/performance")).status == 503


async def test_where_no_figures_are_published_the_page_says_so(
    client: aiohttp.ClientSession,
) -> None:
    page = await visit(client, "/performance")

    assert page.status == 404
    assert "There are no figures of this month." in page.texts("//main/p")
