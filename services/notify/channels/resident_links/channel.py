"""Links in messages: "Is it fixed?", unsubscribing, preferences, alerts; opens the channel."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from aiohttp import web

from services.notify.channels.resident_links.alerts import alert_routes
from services.notify.channels.resident_links.contact import contact_routes
from services.notify.channels.resident_links.pages import (
    FORM_REFUSALS,
    HTML,
    LANGUAGE,
    LINK_REFUSALS,
    LinkPages,
    form_of,
)
from services.notify.ports import LinkError, NotifyPorts
from services.notify.records import LinkedMessage, UpdatesChoice
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import Content, Operation, Parameter, documents
from shared.runtime.service import ChannelParts
from shared.vocabulary import primary_subtag

_Fault: TypeAlias = Literal["fixed", "comment"]

_MAX_COMMENT = 4_000
_SHOW_QUESTION = Operation(
    "Show the question whether a problem is fixed; changes nothing.",
    {200: Content("The page.", HTML), **LINK_REFUSALS},
    query=LANGUAGE | {"fixed": Parameter("`yes` or `no` to choose that answer beforehand.")},
    unknown="ignored",
)
_SUBMIT = Operation(
    "Submit the answer; idempotent.",
    {200: Content("Saved.", HTML), **FORM_REFUSALS},
    body=Content(
        "`fixed` is `yes` or `no`; `comment` is optional, at most 4,000 characters.",
        (URLENCODED,),
        dict[str, str],
        example={"fixed": "no", "comment": "The hole is half filled"},
    ),
    query=LANGUAGE,
    unknown="ignored",
)


@dataclass(frozen=True, slots=True)
class _FeedbackPages:
    core: NotifyPorts
    pages: LinkPages

    async def show(self, request: web.Request) -> web.Response:
        chosen = {"fixed": request.query.get("fixed", "")}
        return self._form(request, await self._message(request), chosen)

    async def submit(self, request: web.Request) -> web.Response:
        message = await self._message(request)
        fields = await form_of(request)
        if fault := _fault_of(fields):
            return self._form(request, message, fields, fault)
        fixed, comment = fields["fixed"] == "yes", fields.get("comment", "").strip()
        giving = self.core.give_feedback(message.notification_id, fixed=fixed, comment=comment)
        if not await Deadline().wait_for(giving):
            raise LinkError("ended")
        return self.pages.page(request, "feedback_done", message, fixed=fixed)

    async def _message(self, request: web.Request) -> LinkedMessage:
        return await Deadline().wait_for(self.core.find_question(request.match_info["token"]))

    def _form(
        self,
        request: web.Request,
        message: LinkedMessage,
        fields: Mapping[str, str],
        fault: _Fault | None = None,
    ) -> web.Response:
        shown: dict[str, Any] = {name: fields.get(name, "") for name in ("fixed", "comment")}
        status = 422 if fault else 200
        return self.pages.page(request, "feedback", message, status, **shown, fault=fault)


def feedback_routes(core: NotifyPorts, pages: LinkPages) -> list[web.RouteDef]:
    """Return the routes of the pages."""
    path, handlers = core.link_path("feedback"), _FeedbackPages(core, pages)
    return [
        web.get(path, documents(pages.guarded(handlers.show), _SHOW_QUESTION)),
        web.post(path, documents(pages.guarded(handlers.submit), _SUBMIT)),
    ]


def _fault_of(fields: Mapping[str, str]) -> _Fault | None:
    if fields.get("fixed") not in {"yes", "no"}:
        return "fixed"
    return "comment" if len(fields.get("comment", "").strip()) > _MAX_COMMENT else None


_CHOICES: Mapping[str, UpdatesChoice] = {choice: choice for choice in get_args(UpdatesChoice)}

_PAGE = Content("The page.", HTML)
_CONFIRM = Operation(
    "Ask for confirmation to unsubscribe; changes nothing.",
    {200: _PAGE, **LINK_REFUSALS},
    query=LANGUAGE,
    unknown="ignored",
)
_UNSUBSCRIBE = Operation(
    "Unsubscribe, from the page or by one click (RFC 8058); idempotent.",
    {200: Content("Unsubscribed from e-mail about reports.", HTML), **LINK_REFUSALS},
    query=LANGUAGE,
    unknown="ignored",
)
_SHOW_PREFERENCES = Operation(
    "Show the message preferences; changes nothing.",
    {200: _PAGE, **LINK_REFUSALS},
    query=LANGUAGE,
    unknown="ignored",
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
    unknown="ignored",
)


@dataclass(frozen=True, slots=True)
class _PreferencePages:
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
            preferences_url=self.core.links.url("preferences", message.notification_id),
            **variables,
        )


def preference_routes(core: NotifyPorts, pages: LinkPages) -> list[web.RouteDef]:
    """Return the routes of the pages."""
    handlers, guarded = _PreferencePages(core, pages), pages.guarded
    unsubscribe, preferences = core.link_path("unsubscribe"), core.link_path("preferences")
    return [
        web.get(unsubscribe, documents(guarded(handlers.confirm), _CONFIRM)),
        web.post(unsubscribe, documents(guarded(handlers.unsubscribe), _UNSUBSCRIBE)),
        web.get(preferences, documents(guarded(handlers.show), _SHOW_PREFERENCES)),
        web.post(preferences, documents(guarded(handlers.save), _SAVE)),
    ]


@asynccontextmanager
async def open_resident_links(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel."""
    pages = LinkPages(core)
    yield ChannelParts(
        routes=[
            *feedback_routes(core, pages),
            *contact_routes(core),
            *preference_routes(core, pages),
            *alert_routes(core, pages),
        ]
    )
