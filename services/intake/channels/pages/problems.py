"""The public list of problems: a page with a map, an Atom feed and GeoJSON, by the same filters."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from services.intake.channels.listing.query import Cursor
from services.intake.channels.listing.store import ListedRequest
from services.intake.channels.listing.views import (
    case_status,
    public_fields,
    public_note,
    public_words,
    responsible,
    w3c,
)
from services.intake.channels.pages.access import HTML, PageAccess, page_operation
from services.intake.channels.pages.problem_feeds import ATOM_TYPE, GEOJSON_TYPE, atom, geojson
from services.intake.channels.pages.problem_list import STATUSES, Filters, Found, ProblemList
from services.intake.channels.status_view import bureau_name
from services.intake.ports import IntakePorts
from shared.contract.events import FieldError
from shared.runtime.http.calls import answers_errors, refuse_fields
from shared.runtime.http.openapi import (
    PUBLIC_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)

PATH = "/problems"
ATOM, GEOJSON = f"{PATH}.atom", f"{PATH}.geojson"
_ON_PAGE, _IN_FEED, _IN_FILE = 30, 50, 500
_CASE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FEED_HEADERS = {
    "Cache-Control": "public, max-age=60",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
}

_REFUSED = {422: problem("A filter is unknown."), **PUBLIC_REFUSALS}
_FILTERS = {
    "service_code": Parameter("Kind; all without it."),
    "district": Parameter("Code of a part of town; all without it."),
    "status": Parameter(
        "Open or closed problems; both without it.", Literal["open", "closed"], allows_empty=True
    ),
}
_AFTER = {"after": Parameter("Where the list begins, from the link to older problems.")}
LIST_PAGE = page_operation(
    "Show the public problems, open and done, by kind and part of town.",
    {200: Content("The page.", HTML), 422: Content("A filter is unknown.", HTML)},
    _FILTERS | _AFTER,
)
ONE_PAGE = page_operation(
    "Show a public problem: its latest report, and what happened.",
    {200: Content("The page.", HTML), 404: Content("No such public problem.", HTML)},
)
ATOM_FEED = Operation(
    "Return the 50 newest problems as an Atom feed.",
    {200: Content("The feed.", (ATOM_TYPE,), bytes), **_REFUSED},
    query=_FILTERS,
    unknown="ignored",
)
_NEXT = {"Link": Parameter("Older problems, with rel=next; none at the end.")}
GEOJSON_FILE = Operation(
    "Return problems as GeoJSON, 500 at a time.",
    {
        200: Content(
            "The problems, the newest first.", (GEOJSON_TYPE,), dict[str, Any], headers=_NEXT
        ),
        **_REFUSED,
    },
    query=_FILTERS | _AFTER,
    unknown="ignored",
)


@dataclass(frozen=True)
class ProblemPages:
    """Handlers of ``/problems``."""

    core: IntakePorts
    access: PageAccess
    problems: ProblemList

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of the page and its feeds."""
        answers = answers_errors("Retry in a moment.")
        return [
            web.get(PATH, documents(self.access.guarded(self.show), LIST_PAGE)),
            web.get(f"{PATH}/{{case_id}}", documents(self.access.guarded(self.one), ONE_PAGE)),
            web.get(ATOM, documents(answers(self.atom), ATOM_FEED)),
            web.get(GEOJSON, documents(answers(self.geojson), GEOJSON_FILE)),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show the problems, a page at a time."""
        site, filters = self.access.site, self._filters(request)
        found = await self.problems.find(filters, _ON_PAGE, _cursor(request))
        language = site.language_of(request).tag
        names = {code: site.city.services[code].name for code in self.problems.codes}
        return site.page(
            request,
            "problems",
            problems=[self._problem(*one) for one in found.requests],
            kinds=sorted((name.in_language(language), code) for code, name in names.items()),
            districts=self.access.site.city.districts,
            chosen=filters,
            filters=filters.query(),
            older=_older(PATH, filters, found.after),
            alerts=self._alerts(filters, language),
        )

    async def one(self, request: web.Request) -> web.Response:
        """Show one problem."""
        case_id, site = request.match_info["case_id"], self.access.site
        if not _CASE_ID.fullmatch(case_id):
            raise web.HTTPNotFound
        found, changes = await self.problems.one(case_id)
        for latest, district in found:
            area = Filters(latest.service_code, district or "")
            return site.page(
                request,
                "one_problem",
                one=self._problem(latest, district),
                changes=[
                    change._replace(
                        bureau=bureau_name(change.bureau, site.city), note=public_note(change.note)
                    )
                    for change in changes
                ],
                alerts=self._alerts(area, site.language_of(request).tag),
            )
        raise web.HTTPNotFound

    async def atom(self, request: web.Request) -> web.Response:
        """Return the newest problems as an Atom feed."""
        self.core.callers.charge(request)
        filters = self._filters(request)
        found = await self.problems.find(filters, _IN_FEED, None)
        site = self.access.site
        body = atom(
            self._fields(found), f"{site.public_url}{PATH}", filters.query(), site.city.name
        )
        return web.Response(body=body, content_type=ATOM_TYPE, headers=_FEED_HEADERS)

    async def geojson(self, request: web.Request) -> web.Response:
        """Return problems as GeoJSON; the header Link leads to older ones."""
        self.core.callers.charge(request)
        filters = self._filters(request)
        found = await self.problems.find(filters, _IN_FILE, _cursor(request))
        older = _older(GEOJSON, filters, found.after)
        link = {"Link": f'<{older}>; rel="next"'} if older else {}
        body = geojson(self._fields(found))
        return web.Response(body=body, content_type=GEOJSON_TYPE, headers=_FEED_HEADERS | link)

    def _filters(self, request: web.Request) -> Filters:
        filters = Filters(*(request.query.get(name, "") for name in Filters._fields))
        known: Mapping[str, Collection[str]] = {
            "service_code": self.problems.codes,
            "district": self.access.site.city.districts,
            "status": STATUSES,
        }
        for name, value in filters._asdict().items():
            if value and value not in known[name]:
                message = f"Write one of {', '.join(filter(None, known[name]))}."
                raise refuse_fields(FieldError(field=name, code="unknown", message=message))
        return filters

    def _alerts(self, filters: Filters, language: str) -> str:
        """Return the address at which one asks for e-mails about these; empty for none."""
        base = self.core.settings.notify_url
        if base is None:
            return ""
        area = filters._replace(status="")
        query = area.query(jurisdiction=self.access.site.city.id, lang=language)
        return f"{str(base).rstrip('/')}/alerts?{query}"

    def _problem(self, one: ListedRequest, district: str | None) -> dict[str, Any]:
        """Return what the public may know of the latest report about a problem."""
        city = self.access.site.city
        return {
            "report": one,
            "path": one.case_id and f"{PATH}/{one.case_id}",
            "status": case_status(one),
            "district": city.districts.get(district or ""),
            "words": public_words(one),
            "note": public_note(one.last.note) if one.last else None,
            "bureau": responsible(one, city),
        }

    def _fields(self, found: Found) -> list[dict[str, Any]]:
        site = self.access.site
        return [
            public_fields(one, site.city, self.core.public_url)
            | {
                "district": district,
                "first_requested_datetime": w3c(one.first_reported_at or one.submitted_at),
            }
            for one, district in found.requests
        ]


def _cursor(request: web.Request) -> Cursor | None:
    text = request.query.get("after")
    try:
        return Cursor.decode(text) if text else None
    except (ValueError, OverflowError):
        message = "Take it from the link to older problems as it is."
        raise refuse_fields(FieldError(field="after", code="invalid", message=message)) from None


def _older(path: str, filters: Filters, after: Cursor | None) -> str:
    """Return the address of what follows; empty at the end."""
    return f"{path}?{filters.query(after=after.encode())}" if after else ""
