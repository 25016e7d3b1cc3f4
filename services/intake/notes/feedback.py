"""Answers to the question whether a problem is fixed, by text message and on the status page."""

from datetime import datetime, timedelta

from services.intake.records import FinishedRequest
from shared.contract.events import Feedback, FeedbackGiven
from shared.runtime.postgres import Connection
from shared.vocabulary import SubmissionChannel

# Time after the end of the work in which a text that is YES or NO is about it.
ANSWER_WITHIN = timedelta(days=30)

_LAST_DONE = """
    SELECT request_id::text, case_id::text, tracking_number, service_code
      FROM requests JOIN case_steps USING (case_id)
     WHERE phone_ref = $1 AND jurisdiction = $2 AND status = 'completed' AND taken_at >= $3
     ORDER BY taken_at DESC, submitted_at
     LIMIT 1
"""
_DONE = """
    SELECT request_id::text, requests.case_id::text, tracking_number, service_code
      FROM requests
      JOIN LATERAL (SELECT status FROM case_steps
                     WHERE case_steps.case_id = requests.case_id
                     ORDER BY version DESC
                     LIMIT 1) AS last ON last.status = 'completed'
     WHERE request_id = $1
"""


async def last_finished(
    db: Connection, phone_ref: str, jurisdiction: str, now: datetime
) -> FinishedRequest | None:
    """Return the request that a person was last asked about by text; None without one.

    It stays that one when its case was reopened since: a second NO is about the same work.
    """
    row = await db.fetchrow(_LAST_DONE, phone_ref, jurisdiction, now - ANSWER_WITHIN)
    return FinishedRequest(*row) if row else None


async def finished(db: Connection, request_id: str) -> FinishedRequest | None:
    """Return a request whose case is completed at present; None for any other."""
    row = await db.fetchrow(_DONE, request_id)
    return FinishedRequest(*row) if row else None


def feedback_event(
    request: FinishedRequest, channel: SubmissionChannel, now: datetime, *, fixed: bool
) -> FeedbackGiven:
    """Return the event of an answer that came by a channel."""
    feedback = Feedback(
        case_id=request.case_id,
        request_id=request.request_id,
        fixed=fixed,
        channel=channel,
        at=now,
    )
    event = FeedbackGiven.of(feedback, now=now, request=request.request_id)
    return event.model_copy(update={"source": "/intake"})
