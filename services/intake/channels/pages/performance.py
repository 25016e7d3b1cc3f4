"""The page of the city's performance: public figures of insight as charts and tables."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import BaseModel

from services.intake.channels.pages import charts
from services.intake.channels.pages.charts import Dimension, Row, Words
from services.intake.channels.pages.site import CitySite
from shared.csv_text import nested_csv
from shared.errors import TransientError
from shared.runtime.http.list_queries import read_json

PATH = "/performance"
CSV = f"{PATH}.csv"
WITHIN_S = 12.0
_KEPT_S = 60.0
_PAUSE_S = 5.0
_MAX_BYTES = 1024 * 1024
_CSV_HEADERS = {"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"}


class NoFiguresError(TransientError):
    """Insight gives no figures now."""

    code = "no_figures"


class PublicFigures(BaseModel):
    """Figures of a month, as insight publishes them."""

    month: str
    complete: bool
    months: Sequence[str]
    volumes: Sequence[Row]
    trends: Mapping[str, Sequence[Row]] = {}  # none of an insight of before
    tables: Mapping[str, Mapping[str, Sequence[Row]]]
    totals: Mapping[str, Row] = {}

    def rows(self, report: str, by: str) -> Sequence[Row] | None:
        """Return the rows of a chart; None where there is none."""
        if (report, by) == ("volumes", "month"):
            return self.volumes
        if report == "trends":
            return self.trends.get(by)
        return self.tables.get(report, {}).get(by)


def content(figures: PublicFigures, words: Words) -> Mapping[str, Any]:
    """Return the variables of the page."""
    tables, totals = figures.tables, figures.totals
    both: Sequence[Dimension] = ("kind", "district")
    return {
        "figures": figures,
        "month": words.name({"month": figures.month}, "month"),
        "reports": {row["month"]: row["n"] for row in figures.volumes}.get(figures.month),
        "half_done": charts.half_done(totals.get("times", {}), words),
        "kept": charts.share_kept(totals.get("promises", {})),
        "months": [(one, words.name({"month": one}, "month")) for one in figures.months],
        "by_month": charts.trend(figures.volumes, None, words),
        "trends": {by: charts.trend(figures.trends.get(by, ()), by, words) for by in both},
        "volumes": {by: charts.volumes(tables["volumes"][by], by, words) for by in both},
        "times": {by: charts.times(tables["times"][by], by, words) for by in both},
        "promises": {by: charts.promises(tables["promises"][by], by, words) for by in both},
        "reporting": charts.reporting(tables["reporting"]["district"], words),
    }


@dataclass(slots=True)
class InsightClient:
    """Figures of insight, asked for once a minute: all visitors share one address and its limit.

    After a failure it is left alone for some seconds.
    """

    session: aiohttp.ClientSession
    url: str
    city: str
    _kept: dict[str, tuple[float, PublicFigures]] = field(default_factory=dict)
    _down_until: float = 0.0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def figures(self, month: str) -> PublicFigures | None:
        """Return the figures of a month, of the latest without one; None where it is not shown.

        Raises:
            NoFiguresError: Insight did not answer, or not usably.
        """
        async with self._asking:
            latest = await self._kept_or_asked("")
            if month in {"", latest.month}:
                return latest
            return await self._kept_or_asked(month) if month in latest.months else None

    async def _kept_or_asked(self, month: str) -> PublicFigures:
        now = monotonic()
        until, figures = self._kept.get(month, (now, None))
        if figures is None or until <= now:
            if now < self._down_until:
                raise NoFiguresError("insight: it failed just now")
            try:
                figures = await self._ask(month)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self._down_until = monotonic() + _PAUSE_S
                raise NoFiguresError(f"insight: {type(error).__name__}") from error
            self._kept[month] = (now + _KEPT_S, figures)
        return figures

    async def _ask(self, month: str) -> PublicFigures:
        query = {"jurisdiction": self.city} | ({"month": month} if month else {})
        async with self.session.get(self.url, params=query, allow_redirects=False) as response:
            response.raise_for_status()
            return PublicFigures.model_validate(await read_json(response, _MAX_BYTES))


@dataclass(frozen=True, slots=True)
class PerformancePage:
    """Handler of ``/performance``."""

    site: CitySite
    insight: InsightClient | None  # None where no figures are published
    open_data: bool

    async def show(self, request: web.Request) -> web.Response:
        """Show the figures of a month, by default the latest."""
        figures = await self._figures(request)
        if figures is None:
            return self._no_figures(request)
        shown = content(figures, self._words(request))
        return self.site.page(request, "performance", **shown, open_data=self.open_data)

    async def as_csv(self, request: web.Request) -> web.Response:
        """Return the rows of one chart, those that it does not show too, with names."""
        figures = await self._figures(request)
        report, by = (request.query.get(name, "") for name in ("report", "by"))
        rows = figures.rows(report, by) if figures else None
        if figures is None or rows is None:
            return self._no_figures(request)
        words = self._words(request)
        named = [{"name": words.name(row, by), **row} for row in rows]
        text = nested_csv([by, "name", "n"], named)
        file = f"{self.site.city.id}-{figures.month}-{report}-{by}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"', **_CSV_HEADERS}
        return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)

    async def _figures(self, request: web.Request) -> PublicFigures | None:
        month = request.query.get("month", "")
        return await self.insight.figures(month) if self.insight else None

    def _no_figures(self, request: web.Request) -> web.Response:
        month = request.query.get("month", "")
        return self.site.page(request, "performance", status=404, month=month, figures=None)

    def _words(self, request: web.Request) -> Words:
        return Words(self.site.city, self.site.language_of(request).tag)
