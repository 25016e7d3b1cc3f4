"""The HTTP routes of held texts: release, withhold and list, by operators."""

from aiohttp import web

from services.intake.channels.api.operations import (
    HELD_TEXTS_PATH,
    LIST_HELD_TEXTS,
    RELEASE_TEXT,
    TEXT_PATH,
    WITHHOLD_TEXT,
    HeldTextEntry,
    HeldTexts,
    TextDecision,
    TextFinding,
)
from services.intake.channels.refusals import worded_refusals
from services.intake.ports import IntakePorts
from services.intake.records import TextToReview
from shared.runtime.http.calls import answers_errors
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents


def text_routes(core: IntakePorts) -> list[web.RouteDef]:
    """Return the routes by which operators review texts."""

    @answers_errors("Retry in a moment.")
    async def release(request: web.Request) -> web.Response:
        return await decide(request, released=True)

    @answers_errors("Retry in a moment.")
    async def withhold(request: web.Request) -> web.Response:
        return await decide(request, released=False)

    async def decide(request: web.Request, *, released: bool) -> web.Response:
        operator = await core.callers.operator(request)
        number = request.match_info["tracking_number"]
        with worded_refusals():
            status = await Deadline().wait_for(
                core.decide_text(number, operator, released=released)
            )
        decision = TextDecision(tracking_number=number, text_status=status)
        return web.json_response(decision.model_dump())

    @answers_errors("Retry in a moment.")
    async def list_held(request: web.Request) -> web.Response:
        await core.callers.operator(request)
        found = await Deadline().wait_for(core.held_texts())
        view = HeldTexts(texts=[_entry(one) for one in found])
        return web.json_response(view.model_dump(mode="json", by_alias=True))

    return [
        web.post(f"{TEXT_PATH}/release", documents(release, RELEASE_TEXT)),
        web.post(f"{TEXT_PATH}/withhold", documents(withhold, WITHHOLD_TEXT)),
        web.get(HELD_TEXTS_PATH, documents(list_held, LIST_HELD_TEXTS)),
    ]


def _entry(one: TextToReview) -> HeldTextEntry:
    return HeldTextEntry(
        tracking_number=one.tracking_number,
        public_id=one.public_id,
        jurisdiction=one.jurisdiction,
        service_code=one.service_code,
        text="note" if one.is_note else "description",
        held_at=one.held_at,
        description=one.description,
        findings=[TextFinding(class_=found.about, words=found.words) for found in one.findings],
    )
