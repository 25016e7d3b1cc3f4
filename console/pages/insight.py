"""Figures for managers: a report of insight by two dimensions; each row leads to its cases."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, get_args
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from console.access import HOME
from console.api import ServiceApi
from console.pages.charts import ORDERED, drawn, lines
from console.pages.parts import Console, bureaus_of, kinds_of, passed_on
from console.store import Person
from shared.staff_roles import Role
from shared.vocabulary import CaseStatus, InsightReport

PATH = f"{HOME}/insight"
REPORTS: tuple[InsightReport, ...] = get_args(InsightReport)
# Dimensions of the reports; those that filters of the queue mean come first.
FILTERS = ("kind", "bureau", "district", "channel", "language", "priority")
DIMENSIONS = (*FILTERS, "group", *ORDERED)
_ALL = ",".join(get_args(CaseStatus))
_DAY = timedelta(days=1)
_DECIMALS = 2


def insight_routes(console: Console, insight: ServiceApi) -> Sequence[web.RouteDef]:
    """Return the route of the reports."""
    zone = ZoneInfo(console.site.timezone)

    async def show(request: web.Request, person: Person) -> web.StreamResponse:
        wanted = {name: request.query.get(name, "") for name in ("by", "and", "from", "to")}
        report = request.query.get("report", "") or REPORTS[0]
        by = [name for name in (wanted["by"], wanted["and"]) if name in DIMENSIONS]
        period = {name: wanted[name] for name in ("from", "to") if wanted[name]}
        query = {"by": ",".join(by), **period}
        answer = await insight.get(f"/v1/insight/{quote(report, safe='')}", query)
        rows = answer.body["rows"] if answer.is_done else []
        flat = [dict(_figures(row, by)) for row in rows]
        kinds, bureaus = await asyncio.gather(kinds_of(console), bureaus_of(console))
        return console.site.page(
            request,
            "insight",
            person,
            status=answer.status,
            problem="" if answer.is_done else answer.problem,
            wanted={**wanted, "report": report},
            by=by,
            reports=REPORTS,
            dimensions=DIMENSIONS,
            columns=list(dict.fromkeys(name for row in flat for name in row)),
            names={**kinds, **{one["code"]: one["name"] for one in bureaus}},
            csv=f"{PATH}.csv?{urlencode({'report': report, **query})}",
            lines=lines(report, by, rows, flat),
            rows=[
                (row, figures, cases_of(row, by, period, zone), bar)
                for row, figures, bar in zip(rows, flat, drawn(report, flat), strict=True)
            ],
        )

    async def as_csv(request: web.Request, _: Person) -> web.StreamResponse:
        query = {name: request.query.get(name, "") for name in ("by", "from", "to")}
        given = urlencode({name: value for name, value in query.items() if value})
        path = f"/v1/insight/{quote(request.query.get('report', ''), safe='')}?{given}"
        return await passed_on(request, insight, path, {"Accept": "text/csv"})

    return [
        web.get(PATH, console.page(Role.SUPERVISOR, show)),
        web.get(f"{PATH}.csv", console.page(Role.SUPERVISOR, as_csv)),
    ]


def cases_of(
    row: Mapping[str, Any], by: Sequence[str], period: Mapping[str, str], zone: ZoneInfo
) -> str:
    """Return the query of the queue for a row's cases; empty where no filter means its cell."""
    if not set(by) <= set(FILTERS) or any(row[name] is None for name in by):
        return ""
    view = {name: str(row[name]) for name in by} | {"status": _ALL}
    for name, bound, days in (("since", "from", 0), ("until", "to", 1)):
        if day := period.get(bound):
            moment = datetime.combine(date.fromisoformat(day) + days * _DAY, time(), zone)
            view[name] = moment.isoformat()
    return urlencode(view)


def _figures(row: Mapping[str, Any], by: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the figures of a row with one name each; none of a suppressed one."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name} {inner}", one) for inner, one in value.items())
        elif name not in by and not row.get("suppressed"):
            yield name, round(value, _DECIMALS) if isinstance(value, float) else value
