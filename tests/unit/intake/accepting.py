"""Accepts submissions and returns what followed."""

from datetime import timedelta
from typing import Any

from services.intake.handlers import SubmissionResult, accept_submissions
from services.intake.records.submissions import RawSubmission
from shared.contract.events import Event
from tests.support.builders import NOON
from tests.support.intake.factories import POLICY, raw_submission
from tests.support.intake.fakes import InMemorySubmissions

LATER = NOON + timedelta(minutes=5)
REPORTER = {
    "name": "Ana Ruiz",
    "email": "ana@example.org",
    "phone": "(503) 555-0100",
    "language": "es",
    "status_updates": ["email"],
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def accept(store: InMemorySubmissions, *submissions: RawSubmission) -> list[SubmissionResult]:
    """Accept raw submissions at noon."""
    return await accept_submissions(submissions, store, POLICY, NOON)


async def accepted_events(
    submissions: InMemorySubmissions, **changes: Any
) -> dict[type[Event], Any]:
    """Hand in one submission; return what followed, by class."""
    (one,) = await accept(submissions, raw_submission(**changes))
    return {type(event): event for event in (one.receipt.decode(), *one.events)}
