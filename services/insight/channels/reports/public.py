"""Figures of a month over HTTP, for everybody."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo
from pydantic_core import PydanticCustomError

from services.insight.ports import InsightPorts, Row
from shared.contract.events import Data
from shared.runtime.http.calls import answers_errors, json_response, validated
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    RETRY_AFTER,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response

# A month of a large city takes a second to count; its figures hardly change.
KEPT = timedelta(minutes=10)
WITHIN_S = 10.0


class MonthFigures(Data):
    """Figures of a month for the public."""

    jurisdiction: str
    """Id of the city."""
    month: str
    """Month in the city's time, as ``2026-11``."""
    complete: bool
    """False for the running month, which is shown until a complete one has requests."""
    months: list[str]
    """Months to choose from, the latest first."""
    volumes: list[dict[str, Any]]
    """Requests ``n`` of each ``month``."""
    trends: dict[str, list[dict[str, Any]]]
    """Requests ``n`` of each ``month``, the earliest first, by ``kind`` and by ``district``."""
    tables: dict[str, dict[str, list[dict[str, Any]]]]
    """Rows of the reports ``volumes``, ``times``, ``promises`` and ``reporting``, by ``kind`` and
    ``district``; ``suppressed`` where fewer than 11 would be told, and figures that are null where
    one of them would tell of 1 to 10."""
    totals: dict[str, dict[str, Any]]
    """The same of all cases together, of the reports ``times`` and ``promises``."""


READ_FIGURES = Operation(
    "Read the public figures of a month; no key is needed.",
    {
        200: Content("The figures.", ("application/json",), MonthFigures),
        404: problem("There are no public figures of this month: unknown_month."),
        422: problem("A parameter is invalid; errors name each."),
        429: problem("The address calls too often.", headers=RETRY_AFTER),
    },
    query={
        "jurisdiction": Parameter("Id of the city.", required=True),
        "month": Parameter("Month as 2026-11; by default the latest complete one."),
    },
)


def row_fields(by: Sequence[str], row: Row) -> dict[str, Any]:
    """Return a row as a JSON object."""
    suppressed = {"suppressed": True} if row.n is None else {}
    return dict(zip(by, row.cell, strict=True)) | {"n": row.n} | suppressed | dict(row.figures)


def _first_day(month: object) -> date:
    try:
        return datetime.strptime(str(month), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise PydanticCustomError("bad_month", "Write a month as 2026-11.") from None


def known_city(city: str, cities: Collection[str]) -> str:
    """Return the id of a city; PydanticCustomError for one that is not among ``cities``."""
    if city not in cities:
        raise PydanticCustomError("unknown_jurisdiction", "Write the id of a city.")
    return city


def _known_city(city: str, info: ValidationInfo[Collection[str]]) -> str:
    return known_city(city, info.context)


class FiguresQuery(BaseModel):
    """Query of public figures, validated."""

    model_config = ConfigDict(hide_input_in_errors=True)

    jurisdiction: Annotated[str, AfterValidator(_known_city)]
    month: Annotated[date, BeforeValidator(_first_day)] | None = None


def public_routes(core: InsightPorts) -> list[web.RouteDef]:
    """Return the route of the public figures."""
    kept = _KeptFigures(core)

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        core.callers.charge(request)
        query = validated(FiguresQuery, dict(request.query), context=core.policy.timezones.keys())
        figures = await kept.figures(query)
        if figures is None:
            detail = "Leave out month for the latest one; months lists all."
            return problem_response(404, "No such month", detail, code="unknown_month")
        return json_response(figures.model_dump(mode="json"))

    return [web.get("/v1/public-figures", documents(read, READ_FIGURES))]


@dataclass(slots=True)
class _KeptFigures:
    """Figures of cities and months, counted one at a time and kept for ``KEPT``."""

    core: InsightPorts
    _kept: dict[tuple[str, date | None], tuple[datetime, MonthFigures]] = field(
        default_factory=dict
    )
    _counting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def figures(self, query: FiguresQuery) -> MonthFigures | None:
        key, now = (query.jurisdiction, query.month), self.core.clock()
        async with self._counting:
            until, figures = self._kept.get(key, (now, None))
            if figures is None or until <= now:
                figures = await self._count(*key)
                if figures is not None:
                    self._kept[key] = (now + KEPT, figures)
        return figures

    async def _count(self, city: str, month: date | None) -> MonthFigures | None:
        found = await Deadline(WITHIN_S).wait_for(self.core.public_figures(city, month))
        if found is None:
            return None
        return MonthFigures(
            jurisdiction=city,
            month=str(found.month),
            complete=found.month.is_complete,
            months=list(map(str, found.months)),
            volumes=[row_fields(["month"], row) for row in found.volumes],
            trends={
                by: [row_fields(["month", by], row) for row in rows]
                for by, rows in found.trends.items()
            },
            tables={
                report: {
                    dimension: [row_fields([dimension], row) for row in rows]
                    for dimension, rows in by_dimension.items()
                }
                for report, by_dimension in found.tables.items()
            },
            totals={
                report: row_fields([], row) for report, rows in found.totals.items() for row in rows
            },
        )
