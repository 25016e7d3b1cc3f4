"""The HTTP API of adapters, bureaus and operators: submissions, previews, notes and held texts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from services.intake.channels.api.bulk import bulk_routes
from services.intake.channels.api.media import media_routes
from services.intake.channels.api.operations import (
    ADD_NOTE,
    BULK_PATH,
    HELD_TEXTS_PATH,
    LIST_HELD_TEXTS,
    NOTES_PATH,
    PREVIEW,
    PREVIEW_PATH,
    RELEASE_TEXT,
    SUBMISSIONS_PATH,
    SUBMIT,
    TEXT_PATH,
    WITHHOLD_TEXT,
    HeldTextEntry,
    HeldTexts,
    NoteTaken,
    TextDecision,
    TextFinding,
)
from services.intake.channels.api.status import status_routes
from services.intake.channels.refusals import worded_refusals
from services.intake.pictures import PATH as MEDIA_PATH
from services.intake.ports import IntakePorts
from services.intake.records.notes import NoteCall
from services.intake.records.public import TextToReview
from services.intake.records.submissions import RawSubmission, Receipt
from shared.contract.events import FieldError, SubmissionAccepted, new_id
from shared.runtime.dead_letter_api import letter_routes
from shared.runtime.http.calls import (
    JSON,
    MAX_PREVIEW_BYTES,
    NOT_ACCEPTABLE,
    CallSlot,
    answers_errors,
    body_of,
    idempotency_id,
    json_of,
    refuse_fields,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.key_gate import KeyedRoute
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import actor_in
from shared.runtime.http.tracing import trace_of
from shared.runtime.http.unknown_fields import read_fields, unknown_fields
from shared.runtime.key_api import key_routes
from shared.runtime.recovery.own_letters import OwnLetters, replayed_topics
from shared.runtime.service import ChannelParts


@asynccontextmanager
async def open_api(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open the HTTP API of adapters, bureaus and operators."""
    submissions, singly = core.limits.submissions, core.limits.singly
    topics = replayed_topics("intake", adapters=core.settings.kafka_adapters)
    bureaus = {code for city in core.cities.values() for code in city.bureaus}
    letters = OwnLetters(
        "intake", core.settings.kafka_access, core.lookups, topics, core.erased_keys
    )
    admissions = {
        SUBMISSIONS_PATH: submissions,
        BULK_PATH: submissions,
        PREVIEW_PATH: singly,
        NOTES_PATH: singly,
    }
    yield ChannelParts(
        routes=[
            *submission_routes(core),
            *bulk_routes(core),
            *media_routes(core),
            *status_routes(core),
            *text_routes(core),
            *letter_routes(core.callers, letters),
            *key_routes(core.callers, "intake", core.lookups, bureaus),
        ],
        keyed_routes=[
            *(KeyedRoute(path, {"adapter": admission}) for path, admission in admissions.items()),
            KeyedRoute(MEDIA_PATH, core.limits.uploads),
        ],
    )


def submission_routes(core: IntakePorts) -> list[web.RouteDef]:
    """Return the routes that accept a submission, preview one, and add a note.

    The caller is identified before the body is read, and a slot is taken only after that.
    """
    callers, limits = core.callers, core.limits

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        with CallSlot(request) as slot:
            adapter = await callers.adapter(request, is_counted=slot.is_from_gate)
            body = await body_of(request)
            slot.take(limits.submissions, adapter)
            data = json_of(body)
            submission = RawSubmission.of(
                f"/http/{adapter}",
                idempotency_id(request),
                data,
                trace=trace_of(request),
                body=body,
            )
            if unknown := unknown_fields(request, data):
                raise refuse_fields(*unknown, *core.errors_of(submission))
            [receipt] = await core.submit(submission)
        return _response(receipt)

    @answers_errors("Retry in a moment.")
    async def preview(request: web.Request) -> web.Response:
        """Answer 200 to any readable JSON; its faults are named under ``errors``."""
        with CallSlot(request) as slot:
            adapter = await callers.adapter(request, is_counted=slot.is_from_gate)
            data = json_of(await body_of(request, max_bytes=MAX_PREVIEW_BYTES))
            slot.take(limits.singly, adapter)
            submission = RawSubmission.of(f"/http/{adapter}", new_id(), data, body=b"")
            unknown = unknown_fields(request, data)
            previewed = await core.preview(submission)
        errors = [*map(FieldError.model_dump, unknown), *previewed.view["errors"]]
        return web.json_response(previewed.view | {"errors": errors})

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post_note(request: web.Request) -> web.Response:
        with CallSlot(request) as slot, worded_refusals():
            adapter = await callers.adapter(request, is_counted=slot.is_from_gate)
            data = await read_fields(request)
            id_, number = idempotency_id(request), request.match_info["tracking_number"]
            slot.take(limits.singly, adapter)
            note_id = await core.add_note(NoteCall(adapter, id_, number, data))
        return web.json_response(NoteTaken(note_id=note_id).model_dump(), status=201)

    return [
        web.post(SUBMISSIONS_PATH, documents(post, SUBMIT)),
        web.post(PREVIEW_PATH, documents(preview, PREVIEW)),
        web.post(NOTES_PATH, documents(post_note, ADD_NOTE)),
    ]


def _response(receipt: Receipt) -> web.Response:
    event = receipt.decode()
    if isinstance(event, SubmissionAccepted):
        return web.Response(
            body=receipt.data,
            status=201,
            content_type=JSON,
            headers={"Location": event.data.status_url},
        )
    return problem_response(422, *NOT_ACCEPTABLE, errors=event.data.errors)


def text_routes(core: IntakePorts) -> list[web.RouteDef]:
    """Return the routes by which operators review texts."""

    async def decide(request: web.Request, *, released: bool) -> web.Response:
        operator = await core.callers.operator(request)
        number = request.match_info["tracking_number"]
        with worded_refusals():
            status = await Deadline().wait_for(
                core.decide_text(number, operator, released=released, actor=actor_in(request))
            )
        decision = TextDecision(tracking_number=number, text_status=status)
        return web.json_response(decision.model_dump())

    release = answers_errors("Retry in a moment.")(partial(decide, released=True))
    withhold = answers_errors("Retry in a moment.")(partial(decide, released=False))

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
        language=one.language,
        findings=[TextFinding(class_=found.about, words=found.words) for found in one.findings],
    )
