"""Pages behind the link "Is it fixed?" of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

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
from services.notify.records import LinkedMessage
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import Content, Operation, documents

_Fault: TypeAlias = Literal["fixed", "comment"]

_MAX_COMMENT = 4_000
_SHOW = Operation(
    "Show the question whether a problem is fixed; changes nothing.",
    {200: Content("The page.", HTML), **LINK_REFUSALS},
    query=LANGUAGE,
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
)


@dataclass(frozen=True, slots=True)
class _FeedbackPages:
    """Handlers of the pages."""

    core: NotifyPorts
    pages: LinkPages

    async def show(self, request: web.Request) -> web.Response:
        return self._form(request, await self._message(request), {})

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
        web.get(path, documents(pages.guarded(handlers.show), _SHOW)),
        web.post(path, documents(pages.guarded(handlers.submit), _SUBMIT)),
    ]


def _fault_of(fields: Mapping[str, str]) -> _Fault | None:
    """Return the first invalid field; None for a valid answer."""
    if fields.get("fixed") not in {"yes", "no"}:
        return "fixed"
    return "comment" if len(fields.get("comment", "").strip()) > _MAX_COMMENT else None
