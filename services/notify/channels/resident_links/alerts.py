"""Pages of alerts by area: ask for e-mails about new problems, start them, and stop them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.notify.channels.resident_links.pages import (
    FORM_REFUSALS,
    HTML,
    LANGUAGE,
    LINK_REFUSALS,
    LinkPages,
    form_of,
)
from services.notify.ports import LinkError, NotifyPorts
from services.notify.records import Alert, AlertArea, LinkedMessage
from shared.email_address import normalize_email
from shared.runtime.http.addresses import address_of
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import URLENCODED, media_type_of, refuse_cross_site
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import Content, Operation, Parameter, documents
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE
from shared.spoken_languages import SOURCE

PATH = "/alerts"
# Each request sends an e-mail: from one address 10 at once, then one a minute.
_PER_SECOND, _BURST_S = 1 / 60, 600.0
_AREA = {
    "jurisdiction": Parameter("Jurisdiction, such as `portland.gov`."),
    "service_code": Parameter("Kind of problem; all without it."),
    "district": Parameter("Code of a part of town; the whole city without it."),
}
_SENT = "sent"
_PAGE = Content("The page.", HTML)
_SHOW_FORM = Operation(
    "Show the form for e-mails about new problems.",
    {200: _PAGE, **{status: LINK_REFUSALS[status] for status in (404, 429, 503)}},
    query=LANGUAGE | _AREA | {_SENT: Parameter("`1` after the form was sent.")},
    unknown="ignored",
)
_ASK = Operation(
    "Ask an address by e-mail to confirm; the response does not tell whether it is known.",
    {
        303: Content("Sent; leads to the page that says so."),
        403: Content("The form is on another site.", HTML),
        **FORM_REFUSALS,
    },
    body=Content(
        "`email` is where to write.",
        (URLENCODED,),
        dict[str, str],
        example={"email": "a@b.example"},
    ),
    query=LANGUAGE | _AREA,
    unknown="ignored",
)
_SHOW_ALERT = Operation(
    "Show how to start or stop e-mails about new problems; changes nothing.",
    {200: _PAGE, **LINK_REFUSALS},
    query=LANGUAGE,
    unknown="ignored",
)
_CHANGE = Operation(
    "Start or stop the e-mails, from the page or by one click (RFC 8058); idempotent.",
    {200: _PAGE, **FORM_REFUSALS},
    body=Content(
        "`action` is `start`; anything else stops them.",
        (URLENCODED, "multipart/form-data"),
        dict[str, str],
        example={"action": "start"},
    ),
    query=LANGUAGE,
    unknown="ignored",
)


@dataclass(frozen=True, slots=True)
class _AlertPages:
    core: NotifyPorts
    pages: LinkPages
    asking: TokenBuckets

    async def show_form(self, request: web.Request) -> web.Response:
        area = self._area(request)
        if request.query.get(_SENT) == "1":
            return self._page(request, "alert_sent", area, kept=_query(area, sent=True))
        return self._form(request, area)

    async def ask(self, request: web.Request) -> web.Response:
        refuse_cross_site(request, self.core.settings.public_url)
        area, fields = self._area(request), await form_of(request)
        typed = fields.get("email", "")
        mailbox = normalize_email(typed)
        if mailbox is None:
            return self._form(request, area, typed)
        if not self.asking.try_take(address_of(request, self.core.settings.trusted_proxies)):
            raise RefusedError(ADDRESS_RATE.response())
        language = self.pages.language_of(request, SOURCE)
        await Deadline().wait_for(self.core.ask_for_alert(area, mailbox, language))
        location = f"?{_query(area, sent=True)}lang={language}"
        return web.Response(status=303, headers={"Location": location})

    async def show_alert(self, request: web.Request) -> web.Response:
        return self._of(request, "alert", await self._alert(request))

    async def change(self, request: web.Request) -> web.Response:
        alert = await self._alert(request)
        # Mail programs send one click as multipart/form-data as well, and it always stops.
        is_form = media_type_of(request) == URLENCODED
        starts = is_form and (await form_of(request)).get("action") == "start"
        if alert:
            changing = self.core.confirm_alert(alert) if starts else self.core.end_alert(alert)
            await Deadline().wait_for(changing)
        return self._of(request, "alert_started" if starts else "alert_ended", alert)

    async def _alert(self, request: web.Request) -> Alert | None:
        return await Deadline().wait_for(self.core.find_alert(request.match_info["token"]))

    def _area(self, request: web.Request) -> AlertArea:
        area = AlertArea(*(request.query.get(name, "") for name in AlertArea._fields))
        settings = self.core.settings
        city = self.core.cities.get(area.jurisdiction)
        if (
            settings.intake_url is None
            or city is None
            or area.jurisdiction != settings.pages_jurisdiction
            or area.service_code not in {"", *city.public_kinds}
            or area.district not in {"", *city.districts}
        ):
            raise LinkError("unknown")
        return area

    def _of(self, request: web.Request, template: str, alert: Alert | None) -> web.Response:
        if alert is None or not self.core.serves(alert):
            city = AlertArea(self.core.settings.pages_jurisdiction, "", "")
            return self._page(request, "alert_ended", city, kept="")
        is_new = alert.told_until is None
        return self._page(request, template, alert.area, alert.language, kept="", is_new=is_new)

    def _form(
        self, request: web.Request, area: AlertArea, typed: str | None = None
    ) -> web.Response:
        fault = typed is not None
        return self._page(
            request,
            "alert_form",
            area,
            status=422 if fault else 200,
            kept=_query(area),
            email=typed or "",
            fault=fault,
        )

    def _page(
        self,
        request: web.Request,
        template: str,
        area: AlertArea,
        language: str = SOURCE,
        *,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - variables of the template
    ) -> web.Response:
        about = LinkedMessage(
            notification_id="",
            person="",
            jurisdiction=area.jurisdiction,
            tracking_number="",
            service_code=area.service_code,
            language=language,
            due_at=self.core.clock(),
        )
        city = self.core.cities.get(area.jurisdiction)
        district = city.districts.get(area.district) if city else None
        return self.pages.page(request, template, about, status, district=district, **variables)


def _query(area: AlertArea, *, sent: bool = False) -> str:
    """Return the parameters of a page about an area, before its language."""
    return urlencode(area._asdict() | ({_SENT: 1} if sent else {})) + "&"


def alert_routes(core: NotifyPorts, pages: LinkPages) -> list[web.RouteDef]:
    """Return the routes of the pages."""
    path, guarded = core.link_path("alert"), pages.guarded
    handlers = _AlertPages(core, pages, TokenBuckets(_PER_SECOND, burst_s=_BURST_S))
    return [
        web.get(PATH, documents(guarded(handlers.show_form), _SHOW_FORM)),
        web.post(PATH, documents(guarded(handlers.ask), _ASK)),
        web.get(path, documents(guarded(handlers.show_alert), _SHOW_ALERT)),
        web.post(path, documents(guarded(handlers.change), _CHANGE)),
    ]
