"""The page of the city's performance: public figures of insight as charts and tables."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from babel.dates import format_skeleton
from pydantic import BaseModel, HttpUrl, ValidationError

from services.intake.channels.pages import charts
from services.intake.channels.pages.charts import NONE, Dimension, Row, Words
from services.intake.channels.pages.site import CitySite
from shared.catalogue import Jurisdiction
from shared.errors import TransientError
from shared.geo import district_names
from shared.runtime.http.list_queries import read_json

PATH = "/performance"
_WITHIN_S = 12.0
_MAX_BYTES = 1024 * 1024
_MONTH = re.compile(r"20[0-9]{2}-[0-9]{2}")


class NoFiguresError(TransientError):
    """Insight gives no figures now."""

    code = "no_figures"


class PublicFigures(BaseModel):
    """Figures of a month, as insight publishes them."""

    month: str
    complete: bool
    months: Sequence[str]
    volumes: Sequence[Row]
    tables: Mapping[str, Mapping[str, Sequence[Row]]]


def content(figures: PublicFigures, words: Words) -> Mapping[str, Any]:
    """Return the variables of the page."""
    tables = figures.tables
    both: Sequence[Dimension] = ("kind", "district")
    return {
        "figures": figures,
        "month": words.names["month"](figures.month),
        "months": [(one, words.names["month"](one)) for one in figures.months],
        "by_month": charts.volumes(figures.volumes, "month", words),
        "volumes": {by: charts.volumes(tables["volumes"][by], by, words) for by in both},
        "times": {by: charts.times(tables["times"][by], by, words) for by in both},
        "promises": {by: charts.promises(tables["promises"][by], by, words) for by in both},
        "reporting": charts.reporting(tables["reporting"]["district"], words),
    }


@dataclass(frozen=True)
class PerformancePage:
    """Handler of ``/performance``."""

    site: CitySite
    session: aiohttp.ClientSession
    url: str | None  # insight's; None where no figures are published
    districts: Mapping[str, str]  # names by code

    async def show(self, request: web.Request) -> web.Response:
        """Show the figures of a month, by default the latest."""
        month = request.query.get("month", "")
        figures = None
        if self.url and (not month or _MONTH.fullmatch(month)):
            figures = await self._figures(self.url, month)
        if figures is None:
            return self.site.page(request, "performance", status=404, month=month, figures=None)
        language = self.site.language_of(request).tag
        words = words_of(self.site.city, self.districts, language)
        return self.site.page(request, "performance", **content(figures, words))

    async def _figures(self, url: str, month: str) -> PublicFigures | None:
        query = {"jurisdiction": self.site.city.id} | ({"month": month} if month else {})
        try:
            async with self.session.get(url, params=query, allow_redirects=False) as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    return None
                response.raise_for_status()
                return PublicFigures.model_validate(await read_json(response, _MAX_BYTES))
        except (aiohttp.ClientError, TimeoutError, ValidationError, ValueError) as error:
            raise NoFiguresError(f"insight: {type(error).__name__}") from error


def words_of(city: Jurisdiction, districts: Mapping[str, str], language: str) -> Words:
    """Return a city's names in a language."""

    def kind(code: str | None) -> str:
        service = city.services.get(code or "")
        return service.name.in_language(language) if service else str(code)

    def month(text: str | None) -> str:
        first = datetime.fromisoformat(f"{text}-01")
        return format_skeleton("yMMMM", first, locale=language)

    def district(code: str | None) -> str:
        return districts.get(code, code) if code else NONE

    return Words(language, {"kind": kind, "month": month, "district": district})


@asynccontextmanager
async def open_performance(
    site: CitySite, insight: HttpUrl | None
) -> AsyncGenerator[PerformancePage]:
    """Open the page with a client of insight."""
    timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        url = f"{str(insight).rstrip('/')}/v1/public-figures" if insight else None
        yield PerformancePage(site, session, url, district_names(site.city.folder))
