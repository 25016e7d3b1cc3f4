"""Pages behind an e-mail's links to unsubscribe and to choose message preferences.

A GET changes nothing, since mail scanners follow links. Mail programs unsubscribe with a POST of
their own, without cookies and without the page (RFC 8058); its body is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from aiohttp import web

from services.notify.channels.resident_links.pages import (
    FORM_REFUSALS,
    HTML,
    LANGUAGE,
    LINK_REFUSALS,
    LinkPages,
    form_of,
)
from services.notify.ports import NotifyPorts
from services.notify.records import LinkedMessage, UpdatesChoice
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import Content, Operation, documents
from shared.vocabulary import primary_subtag

_CHOICES: Mapping[str, UpdatesChoice] = {choice: choice for choice in get_args(UpdatesChoice)}

_PAGE = Content("The page.", HTML)
_CONFIRM = Operation(
    "Ask for confirmation to unsubscribe; changes nothing.",
    {200: _PAGE, **LINK_REFUSALS},
    query=LANGUAGE,
)
_UNSUBSCRIBE = Operation(
    "Unsubscribe, from the page or by one click (RFC 8058); idempotent.",
    {200: Content("Unsubscribed from e-mail about reports.", HTML), **LINK_REFUSALS},
    query=LANGUAGE,
)
_SHOW = Operation(
    "Show the message preferences; changes nothing.", {200: _PAGE, **LINK_REFUSALS}, query=LANGUAGE
)
_SAVE = Operation(
    "Save the message preferences and their language.",
    {200: Content("Saved.", HTML), **FORM_REFUSALS},
    body=Content(
        "`updates` is `all`, `important` or `none`; `language` is one that the page offers.",
        (URLENCODED,),
        dict[str, str],
        example={"updates": "important", "language": "es"},
    ),
    query=LANGUAGE,
)


@dataclass(frozen=True, slots=True)
class _PreferencePages:
    """Handlers of the pages."""

    core: NotifyPorts
    pages: LinkPages

    async def confirm(self, request: web.Request) -> web.Response:
        return self._page(request, "unsubscribe", await self._message(request, "unsubscribe"))

    async def unsubscribe(self, request: web.Request) -> web.Response:
        message = await self._message(request, "unsubscribe")
        await Deadline().wait_for(self.core.unsubscribe(message.person))
        return self._page(request, "unsubscribed", message)

    async def show(self, request: web.Request) -> web.Response:
        message = await self._message(request, "preferences")
        return self._page(request, "preferences", message, fault=False)

    async def save(self, request: web.Request) -> web.Response:
        message = await self._message(request, "preferences")
        fields = await form_of(request)
        updates = _CHOICES.get(fields.get("updates", ""))
        language = primary_subtag(fields.get("language", ""))
        if updates is None or language not in self.core.message_languages(message.jurisdiction):
            return self._page(request, "preferences", message, status=422, fault=True)
        saving = self.core.save_preferences(message.person, updates, language)
        await Deadline().wait_for(saving)
        chosen = message._replace(updates=updates, language=language)
        return self._page(request, "preferences_saved", chosen)

    async def _message(
        self, request: web.Request, purpose: Literal["preferences", "unsubscribe"]
    ) -> LinkedMessage:
        finding = self.core.find_preferences(purpose, request.match_info["token"])
        return await Deadline().wait_for(finding)

    def _page(
        self,
        request: web.Request,
        template: str,
        message: LinkedMessage,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - variables of the template
    ) -> web.Response:
        return self.pages.page(
            request,
            template,
            message,
            status,
            updates=message.updates,
            message_language=message.language,
            preferences_url=self.core.preferences_url(message.notification_id),
            **variables,
        )


def preference_routes(core: NotifyPorts, pages: LinkPages) -> list[web.RouteDef]:
    """Return the routes of the pages."""
    handlers, guarded = _PreferencePages(core, pages), pages.guarded
    unsubscribe, preferences = core.link_path("unsubscribe"), core.link_path("preferences")
    return [
        web.get(unsubscribe, documents(guarded(handlers.confirm), _CONFIRM)),
        web.post(unsubscribe, documents(guarded(handlers.unsubscribe), _UNSUBSCRIBE)),
        web.get(preferences, documents(guarded(handlers.show), _SHOW)),
        web.post(preferences, documents(guarded(handlers.save), _SAVE)),
    ]
