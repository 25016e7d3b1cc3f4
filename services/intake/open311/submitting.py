"""The routes that take submissions and updates: the same doors as below ``/v1``."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pydantic_core
from aiohttp import web

from services.intake.http.admission import AdmissionControl
from services.intake.http.api import envelope
from services.intake.http.batching import SubmissionBatcher
from services.intake.http.callers import Callers, RefusedError, authorization_of
from services.intake.http.calls import idempotency_id, slot_of
from services.intake.http.notes import AddNote
from services.intake.http.refusals import ADDRESS_RATE
from services.intake.inbound.batch import RawSubmission
from services.intake.open311.errors import bad_request, error_of_fields
from services.intake.open311.parameters import Parameters, jurisdiction_of, read_form
from services.intake.open311.representation import Open311Document
from services.intake.open311.responses import Page
from services.intake.open311.schema import RequestAccepted, UpdateTaken
from services.intake.open311.submission import read_submission, read_update
from services.intake.records import Receipt
from shared.catalogue import Jurisdiction
from shared.contract.events import SubmissionAccepted
from shared.runtime.http.body import read_body
from shared.runtime.http.deadline import Deadline

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Open311Submitting:
    """Handlers of the routes that take something.

    Attributes:
        jurisdictions: Cities by id.
        callers: Identifies adapters and limits their rates.
        admission: Refuses calls above the limits.
        batcher: Accepts submissions.
        add_note: Adds a note to a request.
    """

    jurisdictions: Mapping[str, Jurisdiction]
    callers: Callers
    admission: AdmissionControl
    batcher: SubmissionBatcher
    add_note: AddNote

    async def post(self, request: web.Request) -> Page:
        """Identify the adapter, read the form, and hand the submission in."""
        adapter, parameters = await self._called(request)
        city = jurisdiction_of(parameters, self.jurisdictions)
        data = read_submission(parameters, city)
        handed_in = envelope(request, adapter, data)
        receipt = await self._accept(adapter, RawSubmission(handed_in, pydantic_core.to_json(data)))
        return Page(_answer(receipt))

    async def post_update(self, request: web.Request) -> Page:
        """Add an update's description to its request, as a note; its status changes nothing."""
        adapter, parameters = await self._called(request)
        jurisdiction_of(parameters, self.jurisdictions)
        number, data = read_update(parameters)
        id_ = idempotency_id(request, parameters.text("update_id"))
        with slot_of(self.admission, adapter):
            note_id = await Deadline().wait_for(self.add_note(adapter, id_, number, data))
        return Page(Open311Document("service_request_updates", [UpdateTaken(update_id=note_id)]))

    async def _called(self, request: web.Request) -> tuple[str, Parameters]:
        """Return the adapter that calls, and the parameters."""
        parameters = await self._parameters(request)
        key = parameters.text("api_key")
        adapter = await self.callers.adapter(
            request,
            is_counted=False,
            authorization=authorization_of(request) or (f"Bearer {key}" if key else None),
        )
        return adapter, parameters

    async def _parameters(self, request: web.Request) -> Parameters:
        """Return query and form; the form wins.

        A stranger who has called too often is refused before the body is read.
        """
        if not authorization_of(request) and not self.callers.may_be_known(request):
            raise RefusedError(ADDRESS_RATE.response())
        if request.content_type != _FORM and request.can_read_body:
            raise bad_request(f"Send Content-Type: {_FORM}.")
        return Parameters.of([*read_form(await read_body(request)), *request.query.items()])

    async def _accept(self, adapter: str, submission: RawSubmission) -> Receipt:
        with slot_of(self.admission, adapter):
            async with asyncio.timeout_at(Deadline().until):
                return await self.batcher.submit(submission)


def _answer(receipt: Receipt) -> Open311Document:
    event = receipt.decode()
    if not isinstance(event, SubmissionAccepted):
        raise error_of_fields(event.data.errors)
    notice = " ".join(advice.text for advice in event.data.advice)
    accepted = RequestAccepted(
        service_request_id=event.data.tracking_number,
        service_notice=notice or None,
        account_id=None,
    )
    return Open311Document("service_requests", [accepted])
