"""A report as it is read before it is sent: kind, questions, advice, cases near by."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.intake.acceptance.preview import (
    PreviewedSubmission,
    locate,
    near_query,
    render_preview,
)
from services.intake.inbound.validation import read_partly
from services.intake.places.gazetteer import geocoders_of
from services.intake.policy import IntakePolicy, Prefetch
from services.intake.public_status.nearby import NearbyCase, find_near
from services.intake.rules.location import ResolvedLocation
from shared.contract.events import FieldError, SubmissionReceived
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.deadline import Deadline
from shared.runtime.postgres import Pool

SOURCE = "/web"
"""The ``source`` of what comes by the pages."""


class ReadDraft(NamedTuple):
    """A report as the router reads it.

    Attributes:
        view: The response of ``POST /v1/submissions/preview``.
        errors: The errors that ``POST /v1/submissions`` would name.
        location: With the point of its address, where a geocoder knows it; None for a report that
            cannot be read at all.
    """

    view: dict[str, Any]
    errors: Sequence[FieldError]
    location: ResolvedLocation | None


@dataclass(frozen=True, slots=True)
class DraftReader:
    """Reads reports that are not sent yet.

    Attributes:
        policy: Rules by which submissions become requests.
        pool: Database of the open cases and of the gazetteer.
        prefetch: Asks another server for places.
    """

    policy: IntakePolicy
    pool: Pool
    prefetch: Prefetch

    async def read(self, data: dict[str, Any], form_id: str) -> ReadDraft:
        """Return what is read; without the database no case is near by.

        Args:
            data: The submission, which may lack anything.
            form_id: Its id.
        """
        received = SubmissionReceived(id=form_id, source=SOURCE, data=data)
        previewed = PreviewedSubmission(*read_partly(received, utc_now(), self.policy))
        near: Sequence[NearbyCase] = ()
        with suppress(SystemicError, TransientError):  # nobody waits for what only helps
            previewed, near = await Deadline().wait_for(self._look(received, previewed))
        location = previewed.readable.location if previewed.readable else None
        return ReadDraft(render_preview(previewed, near), previewed.errors, location)

    async def _look(
        self, received: SubmissionReceived, previewed: PreviewedSubmission
    ) -> tuple[PreviewedSubmission, Sequence[NearbyCase]]:
        """Return the report with the point of its address, and the open cases near by."""
        await self.prefetch([received])
        located = await locate(previewed, geocoders_of(self.pool, self.policy))
        query = near_query(located)
        return located, await find_near(self.pool, query) if query else ()
