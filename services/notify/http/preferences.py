"""The pages behind an e-mail's links to unsubscribe and to choose which messages come.

A GET changes nothing, since mail scanners follow links. Mail programs unsubscribe by a POST of
their own, without cookies and without the page (RFC 8058); its body says nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from aiohttp import web

from services.notify.http.forms import form_fields
from services.notify.http.pages import LinkPages, chosen_language
from services.notify.preferences import Preferences
from services.notify.rules.preferences import UpdatesChoice
from services.notify.rules.signed_links import PATHS, LinkPurpose, SignedLinks
from services.notify.store.preferences import KnownPreferences
from shared.runtime.clock import utc_now
from shared.runtime.http.addresses import Network, address_of
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import URLENCODED, body_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import RETRY_AFTER, Content, Operation, Parameter, documents
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE
from shared.vocabulary import supported_language

_UNSUBSCRIBE = f"{PATHS['unsubscribe']}{{token}}"
_PREFERENCES = f"{PATHS['preferences']}{{token}}"
_CHOICES: Mapping[str, UpdatesChoice] = {choice: choice for choice in get_args(UpdatesChoice)}
_PER_SECOND = 20.0
_BURST_S = 5.0

_HTML = ("text/html",)
_PAGE = Content("The page.", _HTML)
_OTHERS: Mapping[int, Content] = {
    404: Content("The link is of no message.", _HTML),
    429: Content("The address calls too often.", _HTML),
    503: Content("It cannot be answered at the moment.", _HTML, headers=RETRY_AFTER),
}
_LANGUAGE = {"lang": Parameter("Language of the page; that of messages where it is missing.")}
_ASK_TO_STOP = Operation(
    "Ask whether e-mails shall stop; changes nothing.", {200: _PAGE, **_OTHERS}, query=_LANGUAGE
)
_STOP = Operation(
    "Unsubscribe, by the page or by one click (RFC 8058); a repeat changes nothing.",
    {200: Content("No more e-mail comes about reports.", _HTML), **_OTHERS},
    query=_LANGUAGE,
)
_SHOW = Operation(
    "Ask which messages shall come; changes nothing.", {200: _PAGE, **_OTHERS}, query=_LANGUAGE
)
_SAVE = Operation(
    "Save which messages come, and their language.",
    {
        200: Content("It is saved.", _HTML),
        400: Content("It is no form.", _HTML),
        408: Content("It did not arrive in time."),
        413: Content("It is larger than 1 MiB.", _HTML),
        415: Content("It is of another type.", _HTML),
        422: Content("Fields are wrong; the page shows which and why.", _HTML),
        **_OTHERS,
    },
    body=Content(
        "`updates` is `all`, `important` or `none`, `language` one of the page's.",
        (URLENCODED,),
        dict[str, str],
        example={"updates": "important", "language": "es"},
    ),
    query=_LANGUAGE,
)


@dataclass(frozen=True, slots=True)
class PreferencePages:
    """Handlers of the pages.

    Attributes:
        pages: Renders pages.
        links: Reads the links.
        preferences: Finds and keeps what people choose.
        proxies: Networks of trusted reverse proxies.
        by_address: Limits how often an address calls.
    """

    pages: LinkPages
    links: SignedLinks
    preferences: Preferences
    proxies: Sequence[Network]
    by_address: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(_PER_SECOND, burst_s=_BURST_S)
    )

    async def ask_to_stop(self, request: web.Request) -> web.Response:
        """Ask whether e-mails shall stop."""
        if found := await self._found(request, "unsubscribe"):
            message, known = found
            return self._page(request, "unsubscribe", message, known)
        return self.pages.plain("unknown", 404)

    async def stop(self, request: web.Request) -> web.Response:
        """Unsubscribe."""
        if found := await self._found(request, "unsubscribe"):
            message, known = found
            await Deadline().wait_for(self.preferences.unsubscribe(known.person, utc_now()))
            return self._page(request, "unsubscribed", message, known)
        return self.pages.plain("unknown", 404)

    async def show(self, request: web.Request) -> web.Response:
        """Ask which messages shall come."""
        if found := await self._found(request, "preferences"):
            message, known = found
            return self._page(request, "preferences", message, known, fault=False)
        return self.pages.plain("unknown", 404)

    async def save(self, request: web.Request) -> web.Response:
        """Save which messages shall come."""
        found = await self._found(request, "preferences")
        if found is None:
            return self.pages.plain("unknown", 404)
        message, known = found
        fields = form_fields(await body_of(request, URLENCODED))
        updates = _CHOICES.get(fields.get("updates", ""))
        language = supported_language(fields.get("language", ""))
        if updates is None or language is None:
            return self._page(request, "preferences", message, known, status=422, fault=True)
        saving = self.preferences.save(known.person, updates, language, utc_now())
        await Deadline().wait_for(saving)
        chosen = known._replace(updates=updates, language=language)
        return self._page(request, "preferences_saved", message, chosen)

    async def _found(
        self, request: web.Request, purpose: LinkPurpose
    ) -> tuple[str, KnownPreferences] | None:
        """Return the message of a link, and its recipient's preferences; None for a bad link."""
        if not self.by_address.try_take(address_of(request, self.proxies)):
            raise RefusedError(ADDRESS_RATE.response())
        message = self.links.notification(purpose, request.match_info["token"])
        if message is None:
            return None
        known = await Deadline().wait_for(self.preferences.find(message))
        return (message, known) if known else None

    def _page(
        self,
        request: web.Request,
        template: str,
        message: str,
        known: KnownPreferences,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        return self.pages.page(
            template,
            jurisdiction=known.jurisdiction,
            language=chosen_language(request, known.language),
            tracking_number=known.tracking_number,
            service_code=known.service_code,
            status=status,
            updates=known.updates,
            message_language=known.language,
            preferences_url=self.links.url("preferences", message),
            **variables,
        )


def preference_routes(page: PreferencePages) -> list[web.RouteDef]:
    """Return the routes of the pages."""
    guarded = page.pages.guarded
    return [
        web.get(_UNSUBSCRIBE, documents(guarded(page.ask_to_stop), _ASK_TO_STOP)),
        web.post(_UNSUBSCRIBE, documents(guarded(page.stop), _STOP)),
        web.get(_PREFERENCES, documents(guarded(page.show), _SHOW)),
        web.post(_PREFERENCES, documents(guarded(page.save), _SAVE)),
    ]
