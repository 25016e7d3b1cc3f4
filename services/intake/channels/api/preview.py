"""The HTTP route that shows what a submission would become; it keeps nothing."""

from typing import Any

from aiohttp import web

from services.intake.acceptance.preview import (
    PreviewedSubmission,
    locate,
    near_query,
    render_preview,
)
from services.intake.channels.api import paths
from services.intake.channels.api.operations import PREVIEW
from services.intake.inbound.validation import read_partly
from services.intake.places.gazetteer import geocoders_of
from services.intake.policy import IntakePolicy, Prefetch
from services.intake.public_status.nearby import find_near
from shared.contract.events import SubmissionReceived, new_id
from shared.runtime.clock import utc_now
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.call_slots import MAX_PREVIEW_BYTES, CallSlot
from shared.runtime.http.callers import Callers
from shared.runtime.http.calls import answers_errors, body_of, json_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents
from shared.runtime.postgres import Pool


def preview_routes(
    callers: Callers,
    admission: AdmissionControl,
    pool: Pool,
    policy: IntakePolicy,
    prefetch: Prefetch,
) -> list[web.RouteDef]:
    """Return the route that previews a submission, which may lack anything.

    Args:
        prefetch: Asks another server for places.
    """

    @answers_errors("Ask again in a moment.")
    async def preview(request: web.Request) -> web.Response:
        """Answer 200 to any readable JSON; what is wrong with it is named under ``errors``."""
        with CallSlot(request) as slot:
            adapter = await callers.adapter(request, is_counted=slot.is_from_gate)
            data = json_of(await body_of(request, max_bytes=MAX_PREVIEW_BYTES))
            slot.take(admission, adapter)
            handed_in = SubmissionReceived(id=new_id(), source=f"/http/{adapter}", data=data)
            view = await Deadline().wait_for(look(handed_in))
        return web.json_response(view)

    async def look(handed_in: SubmissionReceived) -> dict[str, Any]:
        await prefetch([handed_in])
        read = PreviewedSubmission(*read_partly(handed_in, utc_now(), policy))
        previewed = await locate(read, geocoders_of(pool, policy))
        query = near_query(previewed)
        near = await find_near(pool, query) if query else []
        return render_preview(previewed, near)

    return [web.post(paths.PREVIEW, documents(preview, PREVIEW))]
