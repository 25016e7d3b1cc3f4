"""The page about a report that was sent; it takes an address for updates, if none was given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from services.intake.channels.pages.draft import CONTACT, FormFault, UnsentReport
from services.intake.channels.pages.form import PageForm, read_form
from services.intake.channels.pages.report import RECEIPT, ReportPages, advice_of, point_of
from services.intake.channels.pages.tracking import given_contact, shown_status
from services.intake.channels.status_view import TRACK_PATH, ReporterLinks

_EMPTY = PageForm()


@dataclass(frozen=True)
class ReceiptPage:
    """Handlers of the receipt of a report, which is there as long as its draft."""

    reports: ReportPages
    links: ReporterLinks

    async def show(self, request: web.Request) -> web.Response:
        """Show what was sent, and what happens next and by when."""
        return await self._page(request, await self._sent(request))

    async def take_contact(self, request: web.Request) -> web.Response:
        """Add an address or a number to a report that was sent without. Idempotent."""
        draft, form = await self._sent(request), await read_form(request)
        site = self.reports.access.site
        language = site.language_of(request).tag
        contact, faults = given_contact(form, site.city, language)
        if contact is None or faults:
            return await self._page(request, draft, form, faults)
        if not draft.updates:
            named = contact._replace(name=draft.form.text("name") or None)
            await self.reports.core.give_contact(draft.number or "", named)
            given = {name: form.texts(name) for name in ("email", "phone") if form.text(name)}
            values = {**draft.form.values, **given, "status_updates": contact.status_updates}
            await self.reports.drafts.save(replace(draft, form=PageForm(values)))
        raise self.reports.redirect(request, draft.form_id, RECEIPT, language)

    async def _sent(self, request: web.Request) -> UnsentReport:
        """Return the report, or redirect to where it is; after a day to the page for its number."""
        form_id = self.reports.form_id(request)
        if form_id is None:
            raise web.HTTPNotFound
        draft = await self.reports.drafts.find(form_id)
        if draft is None:
            raise web.HTTPSeeOther(TRACK_PATH)
        if draft.number is None:
            raise self.reports.redirect(request, form_id, CONTACT)
        return draft

    async def _page(
        self,
        request: web.Request,
        draft: UnsentReport,
        form: PageForm = _EMPTY,
        faults: Sequence[FormFault] = (),
    ) -> web.Response:
        core, site = self.reports.core, self.reports.access.site
        language = site.language_of(request)
        number = draft.number or ""
        reading = await self.reports.preview_of(draft, language.tag)
        status = await core.status(number)
        if status is None:
            raise web.HTTPSeeOther(TRACK_PATH)
        shown = shown_status(status, site.city, language)
        return site.page(
            request,
            "receipt",
            status=422 if faults else 200,
            **shown,
            sent=draft.form,
            number=number,
            key=self.links.key(number),
            advice=advice_of(reading.view),
            referral=shown["report"]["referral"] or reading.view["referral"],
            point=point_of(draft, reading),
            near_pin=await self.reports.near_pin(draft),
            photo_urls=draft.photo_urls(),
            reached=list(draft.updates.values()),
            form=form,
            faults=faults,
        )
