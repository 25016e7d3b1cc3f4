"""The reports over HTTP, as JSON or CSV."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args

from aiohttp import web
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from services.insight.channels.reports.public import WITHIN_S, known_city, public_routes, row_fields
from services.insight.ports import DIMENSIONS, MOST_DIMENSIONS, InsightPorts, Wanted
from shared.contract.events import Data
from shared.csv_text import nested_csv
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import JSON, answers_errors, json_response, validated
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.key_api import key_routes
from shared.runtime.service import ChannelParts
from shared.vocabulary import InsightReport

CSV = "text/csv"
_NAME: TypeAdapter[InsightReport] = TypeAdapter(InsightReport)


class ReportRows(Data):
    """A report."""

    report: str
    """Name of the report."""
    by: list[str]
    """Dimensions of its rows."""
    from_: date | None = Field(alias="from")
    """First day, in the city's time; null for all."""
    to: date | None
    """Last day, in the city's time; null for all."""
    rows: list[dict[str, Any]]
    """Rows with the value of each dimension, ``n``, and the report's figures; ``suppressed`` where
    fewer than 11 would be told, and figures that are null where one of them would tell of 1 to 10.
    """


READ_REPORT = Operation(
    "Read a report, with an operator's key.",
    {
        200: Content("The report.", (JSON, CSV), ReportRows),
        404: problem("There is no report of this name: unknown_report."),
        422: problem("A parameter is invalid; errors name each."),
        **KEY_REFUSALS,
    },
    query={
        "by": Parameter(f"Up to two of {', '.join(DIMENSIONS)}, separated by a comma."),
        "from": Parameter("First day, in the city's time.", date),
        "to": Parameter("Last day, in the city's time, inclusive.", date),
        "jurisdiction": Parameter("Only this city; by default all."),
    },
    security=("operator",),
)


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The context of a query's validation."""

    report: InsightReport
    cities: Collection[str]


def _split(text: str) -> Sequence[str]:
    return [name for name in text.split(",") if name]


def _known_dimensions(by: Sequence[str], info: ValidationInfo[KnownValues]) -> Sequence[str]:
    """Check the dimensions; a desk is a part of the channels, which count as one of two."""
    names = {"channel", *by} if info.context.report == "desk" else {*by}
    if len(names) > MOST_DIMENSIONS or len({*by}) < len(by) or not names <= DIMENSIONS.keys():
        raise PydanticCustomError(
            "bad_by",
            "Write up to two different names of {names}; for the desk, one besides channel.",
            {"names": ", ".join(DIMENSIONS)},
        )
    return by


def _known_city(city: str, info: ValidationInfo[KnownValues]) -> str:
    return known_city(city, info.context.cities)


def _not_before_from(to: date | None, info: ValidationInfo[KnownValues]) -> date | None:
    since = info.data.get("from_")
    if since and to and to < since:
        raise PydanticCustomError("bad_period", "Write a day that is not before from.")
    return to


class ReportQuery(BaseModel):
    """Query of a report, validated."""

    model_config = ConfigDict(hide_input_in_errors=True)

    by: Annotated[list[str], BeforeValidator(_split), AfterValidator(_known_dimensions)] = []
    from_: Annotated[date | None, Field(alias="from")] = None
    to: Annotated[date | None, AfterValidator(_not_before_from)] = None
    jurisdiction: Annotated[str, AfterValidator(_known_city)] | None = None


def report_routes(core: InsightPorts) -> list[web.RouteDef]:
    """Return the route of the reports."""

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        await core.callers.operator(request)
        wanted = _wanted(request, core.policy.timezones.keys())
        rows = await Deadline(WITHIN_S).wait_for(core.report(wanted))
        fields = [row_fields(wanted.by, row) for row in rows]
        if CSV in request.headers.get("Accept", ""):
            text = nested_csv([*wanted.by, "n", "suppressed"], fields)
            return web.Response(text=text, content_type=CSV, charset="utf-8")
        answer = ReportRows.model_validate(
            {
                "report": wanted.report,
                "by": wanted.by,
                "from": wanted.since,
                "to": wanted.until,
                "rows": fields,
            }
        )
        return json_response(answer.model_dump(mode="json", by_alias=True))

    return [web.get("/v1/insight/{report}", documents(read, READ_REPORT))]


def _wanted(request: web.Request, cities: Collection[str]) -> Wanted:
    try:
        report: InsightReport = _NAME.validate_python(request.match_info["report"])
    except ValidationError:
        detail = f"Read one of {', '.join(get_args(InsightReport))}."
        response = problem_response(404, "No such report", detail, code="unknown_report")
        raise RefusedError(response) from None
    query = validated(ReportQuery, dict(request.query), context=KnownValues(report, cities))
    return Wanted(report, query.by, query.from_, query.to, query.jurisdiction)


@asynccontextmanager
async def open_reports(core: InsightPorts) -> AsyncGenerator[ChannelParts]:
    """Open the reports."""
    keys = key_routes(core.callers, "insight", core.pool)
    yield ChannelParts(routes=[*report_routes(core), *public_routes(core), *keys])
