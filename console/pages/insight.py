"""Figures for managers: a report of insight by two dimensions; each row leads to its cases."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, get_args
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from console.access import HOME
from console.api import ServiceApi
from console.pages.parts import Console
from console.roles import Role
from console.store import Person
from shared.vocabulary import CaseStatus, InsightReport

PATH = f"{HOME}/insight"
REPORTS: tuple[InsightReport, ...] = get_args(InsightReport)
# Dimensions of the reports; those that filters of the queue mean come first.
FILTERS = ("kind", "bureau", "district", "channel", "language", "priority")
DIMENSIONS = (*FILTERS, "group", "month", "weekday", "hour")
_ALL = ",".join(get_args(CaseStatus))
_DAY = timedelta(days=1)


def insight_routes(console: Console, insight: ServiceApi) -> Sequence[web.RouteDef]:
    """Return the route of the reports."""
    zone = ZoneInfo(console.site.timezone)

    async def show(request: web.Request, person: Person) -> web.StreamResponse:
        wanted = {name: request.query.get(name, "") for name in ("by", "and", "from", "to")}
        report = request.query.get("report", "") or REPORTS[0]
        by = [name for name in (wanted["by"], wanted["and"]) if name]
        period = {name: wanted[name] for name in ("from", "to") if wanted[name]}
        answer = await insight.get(
            f"/v1/insight/{quote(report, safe='')}", {"by": ",".join(by), **period}
        )
        rows = answer.body["rows"] if answer.is_done else []
        flat = [dict(_figures(row, by)) for row in rows]
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
            rows=[
                (row, figures, cases_of(row, by, period, zone))
                for row, figures in zip(rows, flat, strict=True)
            ],
        )

    return [web.get(PATH, console.page(Role.SUPERVISOR, show))]


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
    """Yield the figures of a row with one name each."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name} {inner}", one) for inner, one in value.items())
        elif name not in {*by, "suppressed"}:
            yield name, value
