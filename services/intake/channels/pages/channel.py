"""Routes of the residents' pages."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Literal, TypeAlias

import aiohttp
from aiohttp import web

from services.intake.channels.pages.access import HTML, PageAccess, PageHandler, page_operation
from services.intake.channels.pages.performance import CSV as PERFORMANCE_CSV
from services.intake.channels.pages.performance import PATH as PERFORMANCE
from services.intake.channels.pages.performance import WITHIN_S, InsightClient, PerformancePage
from services.intake.channels.pages.places import CityMap
from services.intake.channels.pages.problem_list import ProblemList
from services.intake.channels.pages.problems import ProblemPages
from services.intake.channels.pages.receipt import ReceiptPage
from services.intake.channels.pages.report import EMBED, PREVIEW, RECEIPT_STEP, ReportPages
from services.intake.channels.pages.report import PATH as REPORT
from services.intake.channels.pages.site import PATH as ASSETS
from services.intake.channels.pages.site import CitySite
from services.intake.channels.pages.store import Drafts, draft_sealer
from services.intake.channels.pages.tracking import TrackPages
from services.intake.channels.status_view import TRACK_PATH as TRACK
from services.intake.channels.status_view import ReporterLinks
from services.intake.ports import IntakePorts
from shared.runtime.http.assets import asset_handler
from shared.runtime.http.body import MULTIPART
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.openapi import Content, Operation, Parameter, documents, problem
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.service import ChannelParts
from shared.signed_tokens import TokenSigner

_LINKED = {
    "service_code": Parameter("The kind of a new report."),
    "lat": Parameter("Latitude of a new report."),
    "lon": Parameter("Longitude of a new report."),
    "address": Parameter("Address or place of a new report."),
}
Responses: TypeAlias = dict[int, Content]
_FORM_REFUSED: Responses = {
    400: Content("Not a form.", HTML),
    403: Content("A browser sent it from another site.", HTML),
    408: problem("It did not arrive in time."),
    413: Content("It is too large.", HTML),
    415: Content("It is compressed.", HTML),
    422: Content("Fields are wrong; the page shows which and why.", HTML),
}
_PAGE: Responses = {200: Content("The page.", HTML)}
_NO_REPORT: Responses = {404: Content("No such report, or no such step.", HTML)}
_ELSEWHERE: Responses = {303: Content("Redirects to the step that the report is at.")} | _NO_REPORT
_NEXT: Responses = {
    303: Content("Redirects to the next step, or to the receipt."),
    409: Content("This report was sent before, with other words.", HTML),
}
_UNKNOWN: Responses = {404: Content("Unknown tracking number.", HTML)}
_FOUND: Responses = {303: Content("Redirects to the page of the request.")} | _UNKNOWN
_MONTH = {"month": Parameter("Month as 2026-11; by default the latest complete one.")}
_NO_FIGURES: Responses = {404: Content("There are no such figures of this month.", HTML)}
_PERFORMANCE_CSV = page_operation(
    "Download the rows of a chart of the same page as CSV.",
    {200: Content("The rows, with their names.", ("text/csv",))} | _NO_FIGURES,
    {
        "report": Parameter(
            "What is counted; trends are volumes of each month.",
            Literal["volumes", "trends", "times", "promises", "reporting"],
        ),
        "by": Parameter(
            "Its rows; months are those of volumes.", Literal["kind", "district", "month"]
        ),
        **_MONTH,
    },
)
ASSET = Operation(
    "Return the style sheet, a script or the icon of the pages.",
    {
        200: Content("The file.", ("text/css", "text/javascript", "image/svg+xml")),
        404: Content("No such file."),
    },
    unknown="ignored",
)


def _form(
    summary: str, responses: Responses, *more_types: str, example: Mapping[str, str] | None = None
) -> Operation:
    types = (*more_types, URLENCODED)
    body = Content("The fields of the page.", types, dict[str, str], example=example)
    return page_operation(summary, _FORM_REFUSED | responses, body=body)


def _go_on(responses: Responses) -> Operation:
    summary, example = "Go to the next step of a report, or submit it.", {"step": "1", "to": "back"}
    return _form(summary, responses, MULTIPART, example=example)


@asynccontextmanager
async def open_pages(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open the residents' pages."""
    settings, signer = core.settings, TokenSigner.derived(core.reporter_key, "residents' pages")
    city = core.cities.get(settings.pages_jurisdiction)
    if city is None:
        raise ValueError("INTAKE_PAGES_JURISDICTION: the catalogue has no such city")
    site = CitySite(
        city,
        settings.contacts_kept_days,
        core.public_url,
        core.languages,
        settings.trusted_proxies,
    )
    forms = TokenBuckets(settings.forms_per_minute / 60, burst_s=60)
    notes = TokenBuckets(settings.notes_per_hour / 3_600, burst_s=3_600)
    access = PageAccess(site, core.callers, forms)
    links = ReporterLinks.of(core.reporter_key, core.public_url)
    drafts = Drafts(core.lookups, draft_sealer(settings.conversation_secrets))
    problems = ProblemList(core, city)
    reports = ReportPages(core, access, signer, drafts)
    tracking = TrackPages(core, access, signer, links, notes)
    figures_url = f"{str(settings.insight_url).rstrip('/')}/v1/public-figures"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN_S)) as session:
        insight = InsightClient(session, figures_url, city.id) if settings.insight_url else None
        performance = PerformancePage(site, insight, settings.open_data_folder is not None)
        receipt = ReceiptPage(reports, links)
        routes = _routes(access, reports, receipt, tracking, performance)
        routes += [*CityMap(core, access).routes, *ProblemPages(core, access, problems).routes]
        yield ChannelParts(tasks=[drafts.run], routes=routes, no_page=access.guarded(_no_page))


async def _no_page(_: web.Request) -> web.Response:
    raise web.HTTPNotFound


def _routes(
    access: PageAccess,
    reports: ReportPages,
    receipt: ReceiptPage,
    tracking: TrackPages,
    performance: PerformancePage,
) -> list[web.RouteDef]:
    def get(
        path: str,
        handler: PageHandler,
        summary: str,
        responses: Responses = _PAGE,
        query: Mapping[str, Parameter] = MappingProxyType({}),
    ) -> web.RouteDef:
        operation = page_operation(summary, responses, query)
        return web.get(path, documents(access.guarded(handler), operation))

    def post(
        path: str, handler: PageHandler, operation: Operation, *, is_look: bool = False
    ) -> web.RouteDef:
        return web.post(path, documents(access.guarded(handler, is_look=is_look), operation))

    def text(path: str, template: str, summary: str) -> web.RouteDef:
        async def show(request: web.Request) -> web.Response:
            return access.site.page(request, template)

        return get(path, show, summary)

    report = f"{REPORT}/{{draft}}"  # by its signed id
    step, sent = f"{report}/{{step}}", f"{report}/{RECEIPT_STEP}"
    number = f"{TRACK}/{{number}}"
    figures = "Show what came in, how fast it was done and what was promised."
    begun = {303: Content("Redirects to its first step.")}
    contact = _form("Take an e-mail address or a number for updates.", _ELSEWHERE)
    added = "Add words and a photo to a request, or an address for updates."
    typed = {"number": Parameter("Tracking number as typed.")}
    signed = {"key": Parameter("Signature of the reporter's own link.")}
    return [
        text("/", "home", "Show the first page."),
        text("/accessibility", "accessibility", "Show the accessibility statement."),
        text("/privacy", "privacy", "Show the privacy notice."),
        get(PERFORMANCE, performance.show, figures, _PAGE | _NO_FIGURES, _MONTH),
        web.get(PERFORMANCE_CSV, documents(access.guarded(performance.as_csv), _PERFORMANCE_CSV)),
        get(REPORT, reports.begin, "Begin a report, filled in by a link.", begun, _LINKED),
        post(REPORT, reports.go_on, _go_on(_NEXT)),
        get(EMBED, reports.embed, "Show the form for a frame of another site.", _PAGE, _LINKED),
        get(sent, receipt.show, "Show the receipt of a report.", _PAGE | _ELSEWHERE),
        post(sent, receipt.take_contact, contact),
        get(step, reports.show, "Show a step of a report.", _PAGE | _ELSEWHERE, _LINKED),
        post(step, reports.go_on, _go_on(_NEXT | _NO_REPORT)),
        post(PREVIEW, reports.preview, _form("Preview a report.", _PAGE), is_look=True),
        get(TRACK, tracking.find, "Show the form for a number.", _PAGE | _FOUND, typed),
        get(number, tracking.show, "Show the status of a request.", _PAGE | _UNKNOWN, signed),
        post(number, tracking.add, _form(added, _PAGE | _FOUND, MULTIPART)),
        web.get(f"{ASSETS}/{{name}}", documents(asset_handler(access.site.assets), ASSET)),
    ]
