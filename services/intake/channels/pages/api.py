"""Routes of the residents' pages."""

from collections.abc import Callable, Mapping

from aiohttp import web

from services.intake.channels.pages.access import PageAccess, PageHandler
from services.intake.channels.pages.assets import PATH as ASSETS
from services.intake.channels.pages.assets import Asset
from services.intake.channels.pages.operations import ASSET, PAGES
from services.intake.channels.pages.report import PATH as REPORT
from services.intake.channels.pages.report import PREVIEW, ReportPages
from services.intake.channels.pages.tracking import TrackPages
from services.intake.rules.reporter_links import PATH as TRACK
from shared.runtime.http.openapi import documents

_ROUTE: Mapping[str, Callable[..., web.RouteDef]] = {"GET": web.get, "POST": web.post}
_ASSET_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}


def page_routes(
    access: PageAccess, reports: ReportPages, tracking: TrackPages
) -> list[web.RouteDef]:
    """Return the routes of all pages.

    Args:
        access: Admits callers.
        reports: Handlers of ``/report``.
        tracking: Handlers of ``/track``.
    """
    handlers: Mapping[tuple[str, str], PageHandler] = {
        ("GET", "/"): _text_page(access, "home"),
        ("GET", "/accessibility"): _text_page(access, "accessibility"),
        ("GET", "/privacy"): _text_page(access, "privacy"),
        ("GET", REPORT): reports.begin,
        ("POST", REPORT): reports.go_on,
        ("POST", PREVIEW): reports.preview,
        ("GET", TRACK): tracking.find,
        ("GET", f"{TRACK}/{{number}}"): tracking.show,
        ("POST", f"{TRACK}/{{number}}"): tracking.add,
    }
    pages = [
        _ROUTE[method](
            path,
            documents(access.guarded(handler, is_look=path == PREVIEW), PAGES[method, path]),
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
