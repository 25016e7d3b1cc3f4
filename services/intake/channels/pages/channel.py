"""Routes of the residents' pages."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from services.intake.channels.pages.access import PageAccess, PageHandler
from services.intake.channels.pages.performance import PATH as PERFORMANCE
from services.intake.channels.pages.performance import PerformancePage, open_performance
from services.intake.channels.pages.places import CityMap
from services.intake.channels.pages.problems import ProblemPages
from services.intake.channels.pages.receipt import ReceiptPage
from services.intake.channels.pages.report import EMBED, PREVIEW, RECEIPT_STEP, STEPS, ReportPages
from services.intake.channels.pages.report import PATH as REPORT
from services.intake.channels.pages.site import PATH as ASSETS
from services.intake.channels.pages.site import Asset, CitySite
from services.intake.channels.pages.store import Drafts, draft_sealer
from services.intake.channels.pages.tracking import TrackPages
from services.intake.channels.status_view import TRACK_PATH as TRACK
from services.intake.channels.status_view import ReporterLinks
from services.intake.ports import IntakePorts
from shared.runtime.http.body import MULTIPART
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.openapi import (
    RETRY_AFTER,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.service import ChannelParts
from shared.signed_tokens import TokenSigner

_HTML = ("text/html",)
_LANGUAGE = {"lang": Parameter("Language of the page; it is remembered in a cookie.")}
_HEADERS = {"Accept-Language": Parameter("Languages that the reader understands.")}
_LIMITED: Mapping[int, Content] = {
    429: Content("The address calls too often.", _HTML, headers=RETRY_AFTER),
    503: Content(
        "Overloaded, or the database does not respond; retry later.", _HTML, headers=RETRY_AFTER
    ),
}
_THE_PAGE: Mapping[int, Content] = {200: Content("The page.", _HTML)}
_FORM_REFUSED: Mapping[int, Content] = {
    400: Content("Not a form.", _HTML),
    403: Content("A browser sent it from another site.", _HTML),
    408: problem("It did not arrive in time."),
    413: Content("It is too large.", _HTML),
    415: Content("It is compressed.", _HTML),
    422: Content("Fields are wrong; the page shows which and why.", _HTML),
    **_LIMITED,
}


def _page(
    summary: str, others: Mapping[int, Content], query: Mapping[str, Parameter] = _LANGUAGE
) -> Operation:
    responses = {**_THE_PAGE, **_LIMITED, **others}
    return Operation(summary, responses, query=query, headers=_HEADERS, unknown="ignored")


def _form(
    summary: str,
    types: tuple[str, ...],
    others: Mapping[int, Content],
    example: Mapping[str, str] | None = None,
) -> Operation:
    responses = {**_FORM_REFUSED, **others}
    body = Content("The fields of the page.", types, dict[str, str], example=example)
    return Operation(
        summary, responses, body=body, query=_LANGUAGE, headers=_HEADERS, unknown="ignored"
    )


_LINKED = {
    "service_code": Parameter("The kind of a new report."),
    "lat": Parameter("Latitude of a new report."),
    "lon": Parameter("Longitude of a new report."),
    "address": Parameter("Address or place of a new report."),
}
_UNKNOWN = Content("Unknown tracking number.", _HTML)
_ELSEWHERE = Content("Redirects to the step that the report is at.")
# The steps of a report have addresses by its signed id.
STEP = f"{REPORT}/{{draft}}/{{step:{'|'.join(STEPS)}}}"
RECEIPT = f"{REPORT}/{{draft}}/{RECEIPT_STEP}"
_NO_REPORT: Mapping[int, Content] = {404: problem("No such report, or no such step.")}


def _go_on(others: Mapping[int, Content]) -> Operation:
    answers = {
        303: Content("Redirects to the next step, or to the receipt."),
        409: Content("This report was sent before, with other words.", _HTML),
        **others,
    }
    example = {"step": "1", "to": "back"}
    summary = "Go to the next step of a report, or submit it."
    return _form(summary, (MULTIPART, URLENCODED), answers, example)


PAGES: Mapping[tuple[str, str], Operation] = {
    ("GET", "/"): _page("Show the first page.", {}),
    ("GET", "/accessibility"): _page("Show the accessibility statement.", {}),
    ("GET", "/privacy"): _page("Show the privacy notice.", {}),
    ("GET", "/performance"): _page(
        "Show what came in, how fast it was done and what was promised.",
        {404: Content("There are no figures of this month.", _HTML)},
        _LANGUAGE | {"month": Parameter("Month as 2026-11; by default the latest complete one.")},
    ),
    ("GET", REPORT): Operation(
        "Begin a report, with what a link or a QR code fills in.",
        {303: Content("Redirects to its first step."), **_LIMITED},
        query=_LANGUAGE | _LINKED,
        headers=_HEADERS,
        unknown="ignored",
    ),
    ("POST", REPORT): _go_on({}),
    ("GET", EMBED): _page(
        "Show the form for a frame of a site that the city names.", {}, _LANGUAGE | _LINKED
    ),
    ("GET", STEP): _page(
        "Show a step of a report.", {303: _ELSEWHERE, **_NO_REPORT}, _LANGUAGE | _LINKED
    ),
    ("POST", STEP): _go_on(_NO_REPORT),
    ("GET", RECEIPT): _page("Show the receipt of a report.", {303: _ELSEWHERE, **_NO_REPORT}),
    ("POST", RECEIPT): _form(
        "Take an e-mail address or a number for updates.",
        (URLENCODED,),
        {303: _ELSEWHERE, **_NO_REPORT},
    ),
    ("POST", PREVIEW): _form("Preview a report while it is written.", (URLENCODED,), _THE_PAGE),
    ("GET", "/track"): _page(
        "Show the form for a tracking number.",
        {303: Content("Redirects to the page of the request."), 404: _UNKNOWN},
        _LANGUAGE | {"number": Parameter("Tracking number as typed.")},
    ),
    ("GET", "/track/{number}"): _page(
        "Show the status of a request.",
        {404: _UNKNOWN},
        _LANGUAGE | {"key": Parameter("Signature of the reporter's own link.")},
    ),
    ("POST", "/track/{number}"): _form(
        "Add words and a photo to a request, or an address for updates.",
        (MULTIPART, URLENCODED),
        {**_THE_PAGE, 303: Content("Redirects to the page of the request."), 404: _UNKNOWN},
    ),
}
ASSET = Operation(
    "Return the style sheet or a script of the pages.",
    {
        200: Content("The file.", ("text/css", "text/javascript")),
        404: Content("No such file."),
    },
    unknown="ignored",
)


_ROUTE: Mapping[str, Callable[..., web.RouteDef]] = {"GET": web.get, "POST": web.post}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


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
    reports = ReportPages(core, access, signer, drafts)
    tracking = TrackPages(core, access, signer, links, notes)
    async with open_performance(site, settings.insight_url) as performance:
        receipt = ReceiptPage(reports, links)
        routes = _routes(access, reports, receipt, tracking, performance)
        routes += [*CityMap(core, access).routes, *ProblemPages(core, access).routes]
        yield ChannelParts(tasks=[drafts.run], routes=routes)


def _routes(
    access: PageAccess,
    reports: ReportPages,
    receipt: ReceiptPage,
    tracking: TrackPages,
    performance: PerformancePage,
) -> list[web.RouteDef]:
    handlers: Mapping[tuple[str, str], PageHandler] = {
        ("GET", "/"): _text_page(access, "home"),
        ("GET", "/accessibility"): _text_page(access, "accessibility"),
        ("GET", "/privacy"): _text_page(access, "privacy"),
        ("GET", PERFORMANCE): performance.show,
        ("GET", REPORT): reports.begin,
        ("POST", REPORT): reports.go_on,
        ("GET", EMBED): reports.embed,
        ("GET", STEP): reports.show,
        ("POST", STEP): reports.go_on,
        ("GET", RECEIPT): receipt.show,
        ("POST", RECEIPT): receipt.take_contact,
        ("POST", PREVIEW): reports.preview,
        ("GET", TRACK): tracking.find,
        ("GET", f"{TRACK}/{{number}}"): tracking.show,
        ("POST", f"{TRACK}/{{number}}"): tracking.add,
    }
    pages = [
        _ROUTE[method](
            path, documents(access.guarded(handler, is_look=path == PREVIEW), PAGES[method, path])
        )
        for (method, path), handler in handlers.items()
    ]
    return [*pages, _asset_route(access.site.assets)]


def _text_page(access: PageAccess, template: str) -> PageHandler:
    async def show(request: web.Request) -> web.Response:
        return access.site.page(request, template)

    return show


def _asset_route(assets: Mapping[str, Asset]) -> web.RouteDef:
    by_url = {asset.url: asset for asset in assets.values()}

    async def get(request: web.Request) -> web.Response:
        asset = by_url.get(request.path)
        if asset is None:
            raise web.HTTPNotFound
        is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        return web.Response(
            body=asset.compressed if is_zipped else asset.content,
            content_type=asset.media_type,
            charset="utf-8",
            headers=_ASSET_HEADERS | ({"Content-Encoding": "gzip"} if is_zipped else {}),
        )

    return web.get(f"{ASSETS}/{{name}}", documents(get, ASSET))
