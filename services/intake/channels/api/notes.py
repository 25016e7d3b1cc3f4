"""The HTTP route that adds a note to a request."""

from aiohttp import web

from services.intake.channels.api.operations import ADD_NOTE, NoteTaken
from services.intake.channels.api.paths import NOTES
from services.intake.notes.adding import AddNote, NoteCall
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.call_slots import CallSlot
from shared.runtime.http.callers import Callers
from shared.runtime.http.calls import answers_errors, body_of, idempotency_id, json_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents


def note_routes(callers: Callers, admission: AdmissionControl, add: AddNote) -> list[web.RouteDef]:
    """Return the route that adds a note to a request. Idempotent by its ``Idempotency-Key``.

    Args:
        add: Adds a note in one transaction.
    """

    @answers_errors("Send it again in a moment, with the same Idempotency-Key.")
    async def post_note(request: web.Request) -> web.Response:
        """Answer 201 with the note's id; a repeat gets the same id."""
        with CallSlot(request) as slot:
            adapter = await callers.adapter(request, is_counted=slot.is_from_gate)
            data = json_of(await body_of(request))
            id_, number = idempotency_id(request), request.match_info["tracking_number"]
            slot.take(admission, adapter)
            note_id = await Deadline().wait_for(add(NoteCall(adapter, id_, number, data)))
        return web.json_response(NoteTaken(note_id=note_id).model_dump(), status=201)

    return [web.post(NOTES, documents(post_note, ADD_NOTE))]
